# Everything in PyTorch tensors; the results stay tensors.
# %% q01-compress
import torch


def svd_compress(A, k):
    A = torch.as_tensor(A, dtype=torch.float64)
    U, S, Vt = torch.linalg.svd(A, full_matrices=False)
    return U[:, :k], S[:k], Vt[:k, :]
# %% q01-reconstruct
def reconstruct(U_k, S_k, Vt_k):
    U_k, S_k, Vt_k = map(torch.as_tensor, (U_k, S_k, Vt_k))
    return U_k @ torch.diag(S_k) @ Vt_k
# %% q01-measures
def truncation_error(sigma, k):
    sigma = torch.as_tensor(sigma)
    return torch.linalg.vector_norm(sigma[k:])

def energy(sigma, k):
    squares = torch.as_tensor(sigma).square()
    return squares[:k].sum() / squares.sum()

def storage_ratio(m, n, k):
    return k / m + k / n + k / (m * n)
# %% q01-example
y = torch.linspace(-1, 1, 50)
x = torch.linspace(-1, 1, 40)
example_image = torch.sin(6 * y[:, None] * x[None, :]) + y[:, None] ** 2
example_k = 4
U4, S4, Vt4 = svd_compress(example_image, example_k)
example_error = float(torch.linalg.norm(example_image - reconstruct(U4, S4, Vt4)))
everything = torch.linalg.svdvals(example_image)
example_energy = float(energy(everything, 4))
example_ratio = storage_ratio(50, 40, 4)
fig, ax = plt.subplots()
ax.imshow(reconstruct(U4, S4, Vt4).numpy(), cmap="cividis")
plt.show()
