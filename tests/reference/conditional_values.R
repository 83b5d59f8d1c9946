# Values that the conditional likelihoods are compared with.
#
#   Rscript conditional_values.R            (in this folder)
#
# reads conditional_synthetic.csv (made up; nobody is behind it) and writes conditional_values.csv.
# R 4.x, packages survival and sandwich.
library(survival)
library(sandwich)

d <- read.csv("conditional_synthetic.csv")
terms <- c("job", "partner", "age")
values <- list()
keep <- function(model, quantity, x) {
  term <- if (is.null(names(x))) rep("", length(x)) else names(x)
  values[[length(values) + 1]] <<-
    data.frame(model = model, quantity = quantity, term = term, value = sprintf("%.15g", x))
}
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100)
se <- function(v) setNames(sqrt(diag(v)), terms)

# 1. any number of events a person, all sets summed
exact <- clogit(offended ~ job + partner + age + strata(person), d, method = "exact",
                control = tight)
keep("logit", "coef", coef(exact))
keep("logit", "se", se(vcov(exact)))
keep("logit", "loglik", exact$loglik[2])
keep("logit", "loglik_null", exact$loglik[1])

# 2. clogit refuses robust errors with method = "exact": the scores, every set written out
scores <- t(sapply(split(d, d$person), function(p) {
  m <- sum(p$offended)
  x <- as.matrix(p[, terms])
  sets <- combn(nrow(p), m, simplify = FALSE)
  sums <- t(sapply(sets, function(s) colSums(x[s, , drop = FALSE])))
  w <- exp(sums %*% coef(exact))
  colSums(x * p$offended) - colSums(sums * as.vector(w)) / sum(w)
}))
set_of <- tapply(d$matched_set, d$person, min)
bread <- vcov(exact)
keep("logit", "se_by_person", se(bread %*% crossprod(scores) %*% bread))
by_set <- rowsum(scores, set_of)
keep("logit", "se_by_set", se(bread %*% crossprod(by_set) %*% bread))

# 3. at most one event a person, the first: there clogit gives robust errors itself
d$first <- ave(d$offended, d$person, FUN = function(y) as.integer(cumsum(y) == 1 & y == 1))
once <- clogit(first ~ job + partner + age + strata(person), d, method = "efron",
               cluster = matched_set, control = tight)
keep("once", "coef", coef(once))
keep("once", "se", se(once$naive.var))
keep("once", "se_by_set", se(vcov(once)))
own <- clogit(first ~ job + partner + age + strata(person), d, method = "efron",
              cluster = person, control = tight)
keep("once", "se_by_person", se(vcov(own)))

# 4. counts: a Poisson regression with an intercept a person has the conditional estimates
some <- d[ave(d$offences, d$person, FUN = sum) > 0, ]
counts <- glm(offences ~ job + partner + age + factor(person) + offset(log(years_free)),
              poisson, some, control = glm.control(epsilon = 1e-14, maxit = 100))
pick <- function(v) se(v[terms, terms])
keep("poisson", "coef", coef(counts)[terms])
keep("poisson", "se", pick(vcov(counts)))
robust <- function(g) pick(vcovCL(counts, cluster = g, type = "HC0", cadjust = FALSE))
keep("poisson", "se_by_person", robust(some$person))
keep("poisson", "se_by_set", robust(some$matched_set))

write.csv(do.call(rbind, values), "conditional_values.csv", row.names = FALSE, quote = FALSE)
