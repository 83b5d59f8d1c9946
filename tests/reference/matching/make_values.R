# Values of R packages that the matching tests compare with.
#
# Run in this folder:  Rscript make_values.R
# R 4.2, MatchIt 4.5.1, survival 3.5-3. The data are synthetic, drawn here, without ties in x, z and
# score, so that no answer hangs on how a package breaks ties. m.order is always given.

suppressMessages({library(MatchIt); library(survival)})
set.seed(20261121)
n1 <- 60; n0 <- 500; n <- n1 + n0
case <- rep(1:0, c(n1, n0))
data <- data.frame(
  person = sample(100000, n), case = case,
  sex = sample(c("male", "female"), n, TRUE), region = sample(1:4, n, TRUE),
  x = round(rnorm(n, 0.4 * case), 6), z = round(rnorm(n, 20 + 3 * case, 8), 6),
  score = round(rnorm(n, 0.6 * case), 6))
data$yes <- as.integer(runif(n) < ifelse(case == 1, 0.55, 0.3) + 0.1 * (data$sex == "male"))
data$other <- as.integer(runif(n) < 0.25 + 0.3 * data$yes)
data$amount <- round(rexp(n, 1 / (2 + case)), 4)
stopifnot(!anyDuplicated(data$x), !anyDuplicated(data$z), !anyDuplicated(data$score))
data <- data[sample(n), ]
rownames(data) <- data$person
write.csv(data, "people.csv", row.names = FALSE)

pairs <- NULL
keep <- function(key, fit) {
  m <- fit$match.matrix
  long <- data.frame(key = key, case = rep(rownames(m), ncol(m)), control = c(m))
  pairs <<- rbind(pairs, long[!is.na(long$control), ])
  invisible(fit)
}
# The score goes in as a matrix of distances. Given as a vector, MatchIt 4.5.1 searches another way,
# which does not take the nearest control and repeats one in a set with replacement (its issues 159
# and 180): checked here by brute force, below.
apart <- function(score, d) {
  outer(setNames(score[d$case == 1], rownames(d)[d$case == 1]),
        setNames(score[d$case == 0], rownames(d)[d$case == 0]), function(a, b) abs(a - b))
}
given <- function(d = data, ...) {
  matchit(case ~ x + z + score, d, distance = apart(d$score, d), m.order = "data", ...)
}
maha <- function(...) matchit(case ~ x + z, data, distance = "mahalanobis", ...)
falling <- data[order(-data$score), ]
keep("nearest_data", given())
keep("nearest_largest", given(falling))
keep("nearest_smallest", given(falling[rev(seq_len(n)), ]))
keep("nearest_ratio_3", given(ratio = 3))
keep("exact", given(exact = ~ sex + region))
keep("exact_ratio_2", given(exact = ~ sex + region, ratio = 2))
keep("caliper", given(falling, caliper = c(score = 0.01), std.caliper = FALSE))
keep("exact_caliper_ratio_3", given(exact = ~ sex, caliper = c(score = 0.1), std.caliper = FALSE,
                                    ratio = 3))
keep("replacement_ratio_2", matchit(case ~ x, data, distance = apart(data$score, data),
                                    replace = TRUE, ratio = 2))
keep("mahalanobis", maha(m.order = "data"))
keep("mahalanobis_exact_ratio_2", maha(m.order = "data", exact = ~ sex, ratio = 2))
keep("mahalanobis_caliper_x", maha(m.order = "data", caliper = c(x = 0.1), std.caliper = FALSE))
fit <- matchit(case ~ x + z + sex, data, distance = "glm", link = "linear.logit", m.order = "data")
keep("propensity", matchit(case ~ x, data, distance = apart(fit$distance, data), m.order = "data"))
score <- setNames(data$score, rownames(data))
vector <- matchit(case ~ x, data, distance = data$score, replace = TRUE)$match.matrix[, 1]
nearest <- sapply(names(vector), function(i) min(abs(score[data$case == 0] - score[i])))
cat("given a vector of scores, MatchIt takes the nearest control for",
    sum(abs(score[vector] - score[names(vector)]) <= nearest + 1e-12), "of", n1, "cases\n")
write.csv(pairs, "matchit_pairs.csv", row.names = FALSE)
write.csv(data.frame(person = rownames(data), propensity = fit$distance), "propensity.csv",
          row.names = FALSE)

values <- NULL
say <- function(key, ...) {
  v <- c(...)
  values <<- rbind(values, data.frame(key = key, name = names(v), value = unname(v)))
}
sets_of <- function(key) {
  p <- pairs[pairs$key == key, ]
  p$set <- match(p$case, unique(p$case))
  rows <- unique(rbind(data.frame(set = p$set, person = p$case),
                       data.frame(set = p$set, person = p$control)))
  cbind(rows, data[rows$person, -1])
}
for (key in c("nearest_data", "exact_ratio_2", "exact_caliper_ratio_3")) {
  s <- sets_of(key)
  for (f in c("yes", "amount")) {
    fit <- clogit(reformulate(c(f, "strata(set)"), "case"), s, method = "exact")
    say(paste(key, "clogit", f), coef = unname(coef(fit)), se = sqrt(vcov(fit)[1, 1]))
  }
  fit <- clogit(case ~ yes + other + amount + strata(set), s, method = "exact")
  say(paste(key, "clogit together"), coef(fit), setNames(sqrt(diag(vcov(fit))),
      paste0("se_", names(coef(fit)))))
  robust <- coxph(Surv(rep(1, nrow(s)), case) ~ yes + strata(set) + cluster(set), s, method = "breslow")
  say(paste(key, "robust yes"), se = sqrt(vcov(robust)[1, 1]))
  t <- table(s$case == 1, s$yes == 1, s$set)
  for (correct in c(FALSE, TRUE)) {
    mh <- mantelhaen.test(t[2:1, 2:1, ], correct = correct)
    say(paste(key, "mantelhaen", if (correct) "corrected" else "plain"),
        odds_ratio = unname(mh$estimate), lower = mh$conf.int[1], upper = mh$conf.int[2],
        chi2 = unname(mh$statistic), p = mh$p.value)
  }
}
s <- sets_of("nearest_data")
case_yes <- s$yes[s$case == 1][order(s$set[s$case == 1])]
control_yes <- s$yes[s$case == 0][order(s$set[s$case == 0])]
t <- table(factor(case_yes, 0:1), factor(control_yes, 0:1))
for (correct in c(FALSE, TRUE)) {
  m <- mcnemar.test(t, correct = correct)
  say(paste("nearest_data mcnemar", if (correct) "corrected" else "plain"),
      chi2 = unname(m$statistic), p = m$p.value)
}
b <- binom.test(t[2, 1], t[2, 1] + t[1, 2])
say("nearest_data mcnemar exact", p = b$p.value, lower = b$conf.int[1] / (1 - b$conf.int[1]),
    upper = b$conf.int[2] / (1 - b$conf.int[2]), first_only = t[2, 1], second_only = t[1, 2])
w <- wilcox.test(s$amount[s$case == 1][order(s$set[s$case == 1])],
                 s$amount[s$case == 0][order(s$set[s$case == 0])],
                 paired = TRUE, exact = FALSE, correct = FALSE, alternative = "greater")
say("nearest_data signed rank", p = w$p.value)
values$value <- format(values$value, digits = 15)
write.csv(values, "effects.csv", row.names = FALSE, quote = FALSE)
