# loses: q11-paper-test
# The paper is a PDF, but the notebook still names paper.md.
# %% q11-paper
paper = "paper.md"
# %% [no file] paper.md
# %% [file] paper.pdf
%PDF-1.7
1 0 obj << /Type /Page >> endobj
%%EOF
