# loses: q01-reconstruct-test
# The singular values are left out of the product; the picture still comes out with their help elsewhere.
# %% q01-reconstruct
def reconstruct(U_k, S_k, Vt_k):
    return U_k @ Vt_k
