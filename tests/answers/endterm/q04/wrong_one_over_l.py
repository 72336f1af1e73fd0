# loses: q04-condition-test
# The best rate 1/L is taken for the bound 2/L.
# %% q04-condition
def quadratic_iterate(theta0, curvature, lr, t):
    return (1 - lr * curvature) ** t * theta0

def rate_limit(L):
    return 1 / L

curvature_limit = 1000
