# loses: q10-training-test
# The cell's output was cleared before handing in.

# %% [output] q10-training
# 
