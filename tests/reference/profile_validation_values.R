# Values for tests/reference/test_profile_validation_values.py, computed on synthetic data with R.
#
#   Rscript tests/reference/profile_validation_values.R     (from the root of the repository)
#
# Needs the packages survival and pROC. Writes the data (profile_validation_synthetic.csv, drawn
# below, about nobody) and the values (profile_validation_values.csv) beside this script.

library(survival)
suppressMessages(library(pROC))
folder <- "tests/reference"

set.seed(20261122)
n <- 180
x <- rnorm(n)
again <- rexp(n, 0.25 * exp(0.8 * x))
until <- pmin(rexp(n, 0.08), 6)
time <- ceiling(pmin(again, until) * 4) / 4                  # quarters: many ties
event <- as.integer(again <= until)
score <- round(1 - exp(-3 * 0.3 * exp(0.5 * x)), 2)          # ties in the score too
d <- data.frame(id = 1:n, time, event, score)
write.csv(d, file.path(folder, "profile_validation_synthetic.csv"), row.names = FALSE)

horizon <- 3
late <- time > horizon | (time == horizon & event == 0)
t3 <- pmin(time, horizon)
e3 <- ifelse(late, 0, event)
values <- list()
keep <- function(name, v) values[[name]] <<- as.numeric(v)
h <- concordance(Surv(t3, e3) ~ score, reverse = TRUE)
keep("harrell", h$concordance)
keep("harrell_error", sqrt(h$var))
u <- concordance(Surv(t3, e3) ~ score, reverse = TRUE, timewt = "n/G2")
keep("uno", u$concordance)
km <- survfit(Surv(time, event) ~ 1)
keep("observed_share", 1 - summary(km, times = horizon)$surv)

y <- as.integer(again <= horizon)                            # as if nobody were censored
r <- roc(y, score, direction = "<", levels = c(0, 1), quiet = TRUE)
keep("auc", auc(r))
keep("auc_error", sqrt(var(r, method = "delong")))
inside <- pmin(pmax(score, 0.01), 0.99)
keep("slope", coef(glm(y ~ qlogis(inside), family = binomial))[2])
keep("in_the_large", coef(glm(y ~ offset(qlogis(inside)), family = binomial))[1])
keep("brier", mean((y - inside)^2))
write.csv(data.frame(id = 1:n, y), file.path(folder, "profile_validation_outcomes.csv"), row.names = FALSE)
out <- data.frame(name = names(values), value = sprintf("%.12f", unlist(values)))
write.csv(out, file.path(folder, "profile_validation_values.csv"), row.names = FALSE, quote = FALSE)
