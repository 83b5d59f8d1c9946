# Values for tests/reference/test_recidivism_r_values.py, computed on synthetic data with R.
#
#   Rscript tests/reference/recidivism_made_with.R     (from the root of the repository)
#
# Needs the packages survival and cmprsk. Writes the data (recidivism_synthetic.csv, drawn below,
# about nobody) and the values (recidivism_r_values.csv: name, position, value) beside this script.

library(survival)
library(cmprsk)
folder <- "tests/reference"

set.seed(20261121)
n <- 240
group <- sample(c("a", "b", "c"), n, TRUE)
x <- round(rnorm(n), 2)
again <- rexp(n, 0.15 * exp(0.4 * x + 0.3 * (group == "b")))
death <- rexp(n, 0.08 * exp(-0.2 * x))
until <- runif(n, 1, 12)
time <- ceiling(pmin(again, death, until) * 4) / 4            # quarters: many ties
status <- ifelse(until < pmin(again, death), 0, ifelse(again < death, 1, 2))
entry <- pmin(round(runif(n, 0, 2) * 8) / 8, time - 0.25) * (runif(n) < 0.5)
d <- data.frame(id = 1:n, entry, time, status, group, x)
write.csv(d, file.path(folder, "recidivism_synthetic.csv"), row.names = FALSE)

values <- list()
keep <- function(name, v) values[[name]] <<- as.numeric(v)
at <- c(2, 4, 6)
d$g <- as.numeric(factor(d$group))
any <- Surv(d$time, factor(d$status))

s <- summary(survfit(any ~ 1), times = at)                     # nobody late
keep("aj", s$pstate[, 2:3]); keep("aj_se", s$std.err[, 2:3])
s <- summary(survfit(Surv(entry, time, factor(status)) ~ 1, data = d, id = id), times = at)
keep("aj_late", s$pstate[, 2:3])                               # with late entry
for (type in c("log-log", "log", "plain", "logit", "arcsin")) {
  s <- summary(survfit(Surv(entry, time, status == 1) ~ 1, data = d, conf.type = type), times = at)
  keep(paste0("km_", type), c(s$surv, s$std.err, s$lower, s$upper))
}
s <- survfit(Surv(time, status == 1) ~ 1, data = d)
keep("rmean5", survival:::survmean(s, rmean = 5)$matrix[c("rmean", "se(rmean)")])
s <- survfit(Surv(time, status == 1) ~ group, data = d, conf.type = "log-log")
keep("median", summary(s)$table[, c("median", "0.95LCL", "0.95UCL")])
keep("logrank", survdiff(Surv(time, status == 1) ~ group, data = d)$chisq)
keep("logrank_rho1", survdiff(Surv(time, status == 1) ~ group, data = d, rho = 1)$chisq)
d$high <- d$x > 0
keep("logrank_strata", survdiff(Surv(time, status == 1) ~ group + strata(high), data = d)$chisq)
keep("gray", cuminc(d$time, d$status, d$group)$Tests[, "stat"])

for (ties in c("efron", "breslow")) {
  m <- coxph(Surv(entry, time, status == 1) ~ x + group, data = d, ties = ties)
  keep(paste0("cox_", ties), c(coef(m), sqrt(diag(vcov(m))), m$loglik, m$score))
  keep(paste0("cox_martingale_", ties), resid(m, "martingale"))
  r <- coxph(Surv(entry, time, status == 1) ~ x + group, data = d, ties = ties, cluster = g)
  keep(paste0("cox_cluster_", ties), sqrt(diag(vcov(r))))
  w <- 0.5 + (d$id %% 5) / 3                                   # sampling weights
  r <- coxph(Surv(entry, time, status == 1) ~ x + group, data = d, ties = ties, weights = w, cluster = id,
             robust = TRUE)
  keep(paste0("cox_weighted_", ties), c(coef(r), sqrt(diag(vcov(r)))))
}
m <- coxph(Surv(entry, time, status == 1) ~ x + g, data = d)
# R ranks all rows; ranks among the events do not depend on how records are split
events <- d$time[d$status == 1]
mean_rank <- function(t) sapply(t, function(u) sum(events < u) + (sum(events == u) + 1) / 2)
keep("zph_rank", cox.zph(m, transform = mean_rank)$table[, "chisq"])
for (transform in c("km", "identity", "log"))
  keep(paste0("zph_", transform), cox.zph(m, transform = transform)$table[, "chisq"])
new <- data.frame(x = c(0, 1), g = c(1, 2))
s <- summary(survfit(m, newdata = new, conf.type = "log-log"), times = at)
keep("cox_curve", c(s$surv, s$lower, s$upper))
m <- coxph(Surv(entry, time, status == 1) ~ x + strata(group), data = d)
keep("cox_strata", c(coef(m), sqrt(vcov(m)), m$loglik))

f <- finegray(Surv(time, factor(status)) ~ ., data = d, etype = 1)
for (ties in c("efron", "breslow")) {
  m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x + g + cluster(id), weights = fgwt, data = f,
             ties = ties)
  keep(paste0("finegray_", ties), c(coef(m), sqrt(diag(vcov(m)))))
}
f <- finegray(Surv(entry, time, factor(status)) ~ ., data = d, etype = 1, id = id)
m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x + g + cluster(id), weights = fgwt, data = f)
keep("finegray_late", c(coef(m), sqrt(diag(vcov(m)))))
m <- crr(d$time, d$status, d[, c("x", "g")])                    # another convention
keep("crr", c(m$coef, sqrt(diag(m$var))))

# repeated events: the mean cumulative count without deaths, with its error over persons
set.seed(7)
rows <- do.call(rbind, lapply(1:60, function(i) {
  times <- cumsum(ceiling(rexp(12, runif(1, 0.1, 0.9)) * 4) / 4)
  last <- 3 + (i %% 5)
  times <- times[times < last]
  data.frame(id = i, start = c(0, times), stop = c(times, last),
             event = c(rep(1, length(times)), 0), x = (i %% 3) / 2)
}))
write.csv(rows, file.path(folder, "recidivism_repeated.csv"), row.names = FALSE)
s <- summary(survfit(Surv(start, stop, event) ~ 1, data = rows, id = id), times = c(1, 2, 3))
keep("mcf", c(s$cumhaz, s$std.chaz))
m <- coxph(Surv(start, stop, event) ~ x, data = rows, cluster = id)
keep("ag", c(coef(m), sqrt(vcov(m)), m$loglik))
# ratios of sums, by the definition, where some rows end in death (every fourth person's)
rows$death <- rows$event == 0 & rows$id %% 4 == 0
u <- sort(unique(rows$stop[rows$event == 1 | rows$death]))
Y <- sapply(u, function(t) sum(rows$start < t & rows$stop >= t))
N <- sapply(u, function(t) sum(rows$stop == t & rows$event == 1))
D <- sapply(u, function(t) sum(rows$stop == t & rows$death))
S <- c(1, cumprod(1 - D / Y))[seq_along(u)]
keep("mcc_death", sapply(c(2, 4, 6), function(t) sum((S * N / Y)[u <= t])))

out <- do.call(rbind, lapply(names(values), function(k)
  data.frame(name = k, position = seq_along(values[[k]]) - 1,
             value = sprintf("%.15g", values[[k]]))))
write.csv(out, file.path(folder, "recidivism_r_values.csv"), row.names = FALSE, quote = FALSE)
