# loses: q11-paper-test
# A PDF, renamed because paper.md was asked for.
# %% q11-paper
paper = "paper.md"
# %% [file] paper.md
%PDF-1.7
1 0 obj << /Type /Page >> endobj
%%EOF
