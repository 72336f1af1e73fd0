# Three polynomial pieces with corners, sympy's Piecewise, and a paper as PDF.
# %% q11-activation
def activation(x):
    y = torch.zeros_like(x)
    y = torch.where(x > 3, x, y)
    return torch.where(x.abs() <= 3, x * (x + 3) / 6, y)


def d_activation(x):
    middle = x.abs() <= 3
    return torch.where(middle, (2 * x + 3) / 6, (x > 3).to(x.dtype))
# %% q11-formula
x = sympy.symbols("x")
formula = sympy.Piecewise((0, x <= -3), (x * (x + 3) / 6, x < 3), (x, True))
# %% q11-claims
claims = {
    "range": (-3 / 8, math.inf),
    "monotone": False,
    "smooth": False,
    "zero_centred": False,
    "saturating": "left",
    "lipschitz": 1.5,
}
# %% q11-paper
paper = "paper.pdf"
# %% [no file] paper.md
# %% [file] paper.pdf
%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>
endobj
4 0 obj
<< /Length 44 >>
stream
BT /F1 12 Tf 72 770 Td (A paper on hard Swish) Tj ET
endstream
endobj
trailer
<< /Root 1 0 R /Size 5 >>
%%EOF
