# Values that models with a random intercept, and pooled ones, are compared with.
#
#   Rscript random_intercept_values.R            (in this folder)
#
# reads conditional_synthetic.csv (made up; nobody is behind it), writes random_intercept_values.csv.
# R 4.x, packages lme4 and sandwich.
library(lme4)
library(sandwich)

d <- read.csv("conditional_synthetic.csv")
values <- list()
keep <- function(model, quantity, x) {
  term <- if (is.null(names(x))) rep("", length(x)) else names(x)
  values[[length(values) + 1]] <<-
    data.frame(model = model, quantity = quantity, term = term, value = sprintf("%.12g", x))
}
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-12, optCtrl = list(rhoend = 1e-9))
intercepts <- function(model, f) {
  keep(model, "coef", fixef(f))
  keep(model, "spread", sqrt(VarCorr(f)$person[1]))
}
# the hybrid model, written out
d$job_mean <- ave(d$job, d$person)
d$job_within <- d$job - d$job_mean
f <- glmer(offended ~ job_within + job_mean + age + (1 | person), d, binomial, nAGQ = 50,
           control = tight)
intercepts("hybrid", f)
keep("hybrid", "loglik", as.numeric(logLik(f)))
intercepts("poisson", glmer(offences ~ job_within + job_mean + age + offset(log(years_free)) +
                              (1 | person), d, poisson, nAGQ = 50, control = tight))
g <- glm(offended ~ job + age, binomial, d, control = glm.control(epsilon = 1e-14))
keep("pooled", "coef", coef(g))
keep("pooled", "se_by_person", sqrt(diag(vcovCL(g, d$person, type = "HC0", cadjust = FALSE))))
write.csv(do.call(rbind, values), "random_intercept_values.csv", row.names = FALSE, quote = FALSE)
