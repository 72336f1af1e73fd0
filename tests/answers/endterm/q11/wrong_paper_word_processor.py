# loses: q11-paper-test
# The paper of a word processor, not exported.
# %% q11-paper
paper = "paper.md"
# %% [no file] paper.md
# %% [file] paper.docx
PK and whatever a word processor writes
