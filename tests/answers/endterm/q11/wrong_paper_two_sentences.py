# loses: q11-paper-test
# A paper of two sentences.
# %% q11-paper
paper = "paper.md"
# %% [file] paper.md
# My activation

I multiply x by its error function. It works well.
