# loses: q01-example-test
# The reported numbers are invented: plausible, but not those of the picture.
# %% q01-example
example_image = np.add.outer(np.arange(40) ** 2, np.arange(30)) % 17
example_k = 6
example_error = 12.5
example_energy = 0.97
example_ratio = storage_ratio(40, 30, 6)
plt.imshow(example_image, cmap="gray")
