# Plain lists and loops; the change of the weights is computed in one array that is filled row by row.
# %% q08-gradient
def weight_gradient(delta, x):
    return [delta * float(value) for value in x]
# %% q08-wanted
wanted = np.array([[-0.1, 0.7], [0.7, -0.1]])
two_steps = [(0.5, np.array([1.2, 0.6])), (-1.0, np.array([0.5, 1.0]))]
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    path = np.zeros((len(order) + 1, X.shape[1]))
    path[0] = start
    for step, sample in enumerate(order):
        z = 0.0
        for weight, value in zip(path[step], X[sample]):
            z += weight * value
        path[step + 1] = path[step] - rate * np.array(weight_gradient(z - targets[sample], X[sample]))
    return path
# %% q08-detour
import statistics


def detour(path):
    way = sum(np.linalg.norm(path[t] - path[t - 1]) for t in range(1, len(path)))
    return float(way / np.linalg.norm(path[0] - path[-1]))


detour_positive = statistics.median(detour(stochastic_path(*draw_task(seed, False))) for seed in range(10))
detour_centred = statistics.median(detour(stochastic_path(*draw_task(seed, True))) for seed in range(10))
