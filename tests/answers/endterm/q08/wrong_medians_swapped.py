# loses: q08-detour-test
# The names of the two medians are swapped.
# %% q08-detour
def detour(path):
    return np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / np.linalg.norm(path[-1] - path[0])


detour_centred = np.median([detour(stochastic_path(*draw_task(seed, False))) for seed in range(10)])
detour_positive = np.median([detour(stochastic_path(*draw_task(seed, True))) for seed in range(10)])
