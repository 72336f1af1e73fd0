# loses: q04-bound-test
# eta^2 L^2 in the descent lemma.
# %% q04-bound
decrease = "eta*g**2 - eta**2*L**2*g**2/2"
