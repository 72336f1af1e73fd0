# loses: q10-training-test
# The rate was too large: the loss rises.

# %% [output] q10-training
# epoch 1/2: loss 1.8021
# epoch 2/2: loss 2.3177
# test accuracy: 11.35 % of 10000 pictures
