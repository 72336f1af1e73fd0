# loses: q01-example-test
# A striped picture has rank 1; with k = 2 nothing is left out, so nothing is shown.
# %% q01-example
example_image = np.tile([0.0, 1.0, 1.0], (40, 12))
example_k = 2
example_error = 0.0
example_energy = 1.0
example_ratio = storage_ratio(40, 36, 2)
plt.imshow(example_image, cmap="gray")
