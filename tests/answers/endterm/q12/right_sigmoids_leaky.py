# Binary cross entropy with several sigmoids, in place of softmax; leaky ReLU in the hidden layers.
# %% [edit] cpp/nn.cpp
-   const std::string end = outputs() == 1 ? "output=sigmoid loss=binary_cross_entropy"
-                                          : "output=softmax loss=cross_entropy";
+   const std::string end = "output=sigmoid loss=binary_cross_entropy";

-   return "hidden=tanh " + end + " update=sample";
+   return "hidden=leaky_relu " + end + " update=sample";

-   if (is_output && z.size() > 1) return softmax(z);
+   if (z.empty()) return softmax(z);

-   for (double& value : a) value = is_output ? logistic(value) : std::tanh(value);
+   for (double& v : a) v = is_output ? logistic(v) : std::max(v, 0.01 * v);

-     if (y.size() == 1) sum -= (1.0 - y[i]) * std::log(std::max(1.0 - y_hat[i], kSmallest));
+     sum -= (1.0 - y[i]) * std::log(std::max(1.0 - y_hat[i], kSmallest));

-     for (std::size_t i = 0; i < a.size(); ++i) delta[i] *= 1.0 - a[i] * a[i];  // tanh' = 1 - tanh^2
+     for (std::size_t i = 0; i < a.size(); ++i) delta[i] *= a[i] > 0 ? 1.0 : 0.01;
