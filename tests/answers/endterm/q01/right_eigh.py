# The eigenvalue way: V from A^T A, then U; a picture made of text-like blocks.
# %% q01-hand
import math

AtA = [[17, 8], [8, 17]]
hand_singular_values = [math.sqrt(17 + 8), math.sqrt(17 - 8)]
hand_rank_one = [[5 / 2, 5 / 2], [5 / 2, 5 / 2], [0, 0]]
# %% q01-compress
def svd_compress(A, k):
    A = np.asarray(A, dtype=float)
    eigenvalues, V = np.linalg.eigh(A.T @ A)
    largest = np.argsort(eigenvalues)[::-1][:k]
    S_k = np.sqrt(eigenvalues[largest])
    V_k = V[:, largest]
    U_k = A @ V_k / S_k
    return U_k, S_k, V_k.T
# %% q01-reconstruct
def reconstruct(U_k, S_k, Vt_k):
    total = np.zeros((U_k.shape[0], Vt_k.shape[1]))
    for i in range(len(S_k)):
        total += S_k[i] * np.outer(U_k[:, i], Vt_k[i])
    return total
# %% q01-measures
def truncation_error(sigma, k):
    return sum(s * s for s in sigma[k:]) ** 0.5

def energy(sigma, k):
    return 1 - sum(s * s for s in sigma[k:]) / sum(s * s for s in sigma)

def storage_ratio(m, n, k):
    return (k * m + k + k * n) / (m * n)
# %% q01-example
rng = np.random.default_rng(7)
blocks = rng.integers(0, 2, size=(8, 10))
example_image = np.kron(blocks, np.ones((5, 4))) + 0.02 * rng.normal(size=(40, 40))
example_k = 6
U6, S6, Vt6 = svd_compress(example_image, example_k)
approximation = reconstruct(U6, S6, Vt6)
example_error = np.linalg.norm(example_image - approximation)
example_energy = round(1 - example_error**2 / np.linalg.norm(example_image) ** 2, 4)
example_ratio = (U6.size + S6.size + Vt6.size) / example_image.size
plt.imshow(approximation, cmap="gray")
plt.title("six terms")
plt.show()
