# loses: q11-paper-test
# A text file whose name ends in .pdf.
# %% q11-paper
paper = "paper.pdf"
# %% [file] paper.pdf
This is my paper, saved under another name.
