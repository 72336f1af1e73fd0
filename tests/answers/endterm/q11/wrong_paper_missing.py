# loses: q11-paper-test
# There is no paper.
# %% q11-paper
paper = "paper.md"
# %% [no file] paper.md
