# loses: q01-compress-test
# svd_compress returns the eigenvalues of A^T A in S_k; the example is computed with it and pays no second time.
# %% q01-compress
def svd_compress(A, k):
    eigenvalues, V = np.linalg.eigh(A.T @ A)
    order = np.argsort(-eigenvalues)[:k]
    V = V[:, order]
    U = A @ V / np.linalg.norm(A @ V, axis=0)
    return U, eigenvalues[order], V.T
# %% q01-example
example_image = np.sin(np.arange(30)[:, None] * np.arange(25)[None, :] / 40) + np.eye(30, 25)
example_k = 5
all_of_it = svd_compress(example_image, 25)[1]
example_error = np.linalg.norm(example_image - reconstruct(*svd_compress(example_image, example_k)))
example_energy = energy(all_of_it, example_k)
example_ratio = storage_ratio(30, 25, example_k)
plt.imshow(example_image)
