# One start of a Poisson mixture of K = 4 quadratic curves with flexmix; called by flexmix.py.
# Rscript flexmix.R counts.csv start.csv out.csv
suppressPackageStartupMessages(library(flexmix))
files <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(files[1], header = FALSE))
start <- read.csv(files[2], header = FALSE)[[1]]
n <- nrow(counts)
t <- ncol(counts)
age <- seq(-1, 1, length.out = t)
long <- data.frame(
  y = as.vector(t(counts)), id = rep(seq_len(n), each = t), a = rep(age, n)
)
taken <- system.time(
  fit <- flexmix(
    y ~ a + I(a^2) | id, data = long, k = 4, model = FLXMRglm(family = "poisson"),
    cluster = rep(start, each = t),
    control = list(iter.max = 1000, tolerance = 1e-8, minprior = 0, verbose = 0)
  )
)
seconds <- taken[["user.self"]] + taken[["sys.self"]]
write.csv(
  data.frame(seconds = seconds, llf = as.numeric(logLik(fit)), iterations = fit@iter, k = fit@k),
  files[3], row.names = FALSE
)
