# loses: q12-forward-test q12-loss-test q12-gradient-test q12-step-test q12-training-test q12-testing-test
# The folder with the network was not handed in.
# %% [no file] cpp/nn.cpp
# %% [no file] cpp/nn.hpp
