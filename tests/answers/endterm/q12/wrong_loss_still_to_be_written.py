# loses: q12-loss-test q12-gradient-test q12-step-test q12-training-test
# loss is still the stub.
# %% [edit] cpp/nn.cpp
-   require(y_hat.size() == outputs() && y.size() == outputs(), "loss: wrong number of outputs");
+   if (y_hat.size() + y.size() > 0) throw std::logic_error("loss: not implemented yet");
