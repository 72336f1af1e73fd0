# loses: q12-training-test
# train returns the sum of the losses.
# %% [edit] cpp/nn.cpp
-     mean = sum / static_cast<double>(X.size());
+     mean = sum;
