"""NumPy and SciPy only: bases, cells, the EM pass, Newton and the information matrix.

Nothing here knows pandas, files or figures. The arrays follow one convention: N units, T ages,
K groups, C cells, Q parameters per group.
"""
