# loses: q12-training-test
# All weights begin at zero, so that the hidden neurons never differ.
# %% [edit] cpp/nn.cpp
-       for (double& w : row) w = weight(random_);
+       for (double& w : row) w = 0.0 * weight(random_);
