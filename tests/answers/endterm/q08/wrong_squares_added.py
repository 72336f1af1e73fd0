# loses: q08-detour-test
# Adds squared lengths without the root; the visible test gives 3 all the same.
# %% q08-detour
def detour(path):
    return (np.diff(path, axis=0) ** 2).sum() / ((path[-1] - path[0]) ** 2).sum()


detour_positive = np.median([detour(stochastic_path(*draw_task(seed, False))) for seed in range(10)])
detour_centred = np.median([detour(stochastic_path(*draw_task(seed, True))) for seed in range(10)])
