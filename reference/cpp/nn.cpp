// A neural network from scratch: a worked solution. The mathematics stands in nn.hpp.

#include "nn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace {

constexpr double kSmallest = 1e-15;  // keeps the logarithm of an output finite

void require(bool holds, const std::string& what) {
  if (!holds) throw std::invalid_argument(what);
}

// z = W a + b
std::vector<double> affine(const std::vector<std::vector<double>>& W, const std::vector<double>& a,
                           const std::vector<double>& b) {
  std::vector<double> z = b;
  for (std::size_t j = 0; j < W.size(); ++j) {
    for (std::size_t i = 0; i < a.size(); ++i) z[j] += W[j][i] * a[i];
  }
  return z;
}

// W^T delta
std::vector<double> transposed_times(const std::vector<std::vector<double>>& W,
                                     const std::vector<double>& delta) {
  std::vector<double> product(W.front().size(), 0.0);
  for (std::size_t j = 0; j < W.size(); ++j) {
    for (std::size_t i = 0; i < product.size(); ++i) product[i] += W[j][i] * delta[j];
  }
  return product;
}

// The largest z is taken off first: the quotient stays the same, and exp cannot overflow.
std::vector<double> softmax(std::vector<double> z) {
  const double largest = *std::max_element(z.begin(), z.end());
  for (double& value : z) value = std::exp(value - largest);
  const double sum = std::accumulate(z.begin(), z.end(), 0.0);
  for (double& value : z) value /= sum;
  return z;
}

double logistic(double z) { return 1.0 / (1.0 + std::exp(-z)); }

std::size_t largest_index(const std::vector<double>& values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

bool same_answer(const std::vector<double>& y_hat, const std::vector<double>& y) {
  if (y.size() == 1) return (y_hat[0] >= 0.5) == (y[0] >= 0.5);
  return largest_index(y_hat) == largest_index(y);
}

}  // namespace

// --- parameters -------------------------------------------------------------------------

// Weights uniform in +-sqrt(6 / (inputs + neurons)), which keeps the size of signals from layer to
// layer (Glorot and Bengio, 2010, equation 16); biases zero.
NeuralNetwork::NeuralNetwork(const std::vector<int>& layer_sizes, unsigned seed) : random_(seed) {
  require(layer_sizes.size() >= 2, "a network needs at least two sizes: inputs and outputs");
  require(*std::min_element(layer_sizes.begin(), layer_sizes.end()) > 0, "a size is below 1");
  for (std::size_t l = 1; l < layer_sizes.size(); ++l) {
    const std::size_t inputs = layer_sizes[l - 1], neurons = layer_sizes[l];
    const double bound = std::sqrt(6.0 / static_cast<double>(inputs + neurons));
    std::uniform_real_distribution<double> weight(-bound, bound);
    Layer layer;
    layer.W.assign(neurons, std::vector<double>(inputs));
    layer.b.assign(neurons, 0.0);
    for (auto& row : layer.W) {
      for (double& w : row) w = weight(random_);
    }
    layer.dW.assign(neurons, std::vector<double>(inputs, 0.0));
    layer.db.assign(neurons, 0.0);
    layers_.push_back(layer);
  }
}

std::vector<double> NeuralNetwork::parameters() const {
  std::vector<double> p;
  for (const Layer& layer : layers_) {
    for (const auto& row : layer.W) p.insert(p.end(), row.begin(), row.end());
    p.insert(p.end(), layer.b.begin(), layer.b.end());
  }
  return p;
}

void NeuralNetwork::set_parameters(const std::vector<double>& p) {
  require(p.size() == parameters().size(), "set_parameters: wrong number of parameters");
  auto next = p.begin();
  for (Layer& layer : layers_) {
    for (auto& row : layer.W) {
      for (double& w : row) w = *next++;
    }
    for (double& b : layer.b) b = *next++;
  }
}

// --- forward ----------------------------------------------------------------------------

std::string NeuralNetwork::description() const {
  const std::string end = outputs() == 1 ? "output=sigmoid loss=binary_cross_entropy"
                                         : "output=softmax loss=cross_entropy";
  return "hidden=tanh " + end + " update=sample";
}

std::vector<double> NeuralNetwork::activate(const std::vector<double>& z, bool is_output) const {
  if (is_output && z.size() > 1) return softmax(z);
  std::vector<double> a = z;
  for (double& value : a) value = is_output ? logistic(value) : std::tanh(value);
  return a;
}

// a_0 = x, a_1, ..., a_L. It changes nothing, so that test() can use it.
std::vector<std::vector<double>> NeuralNetwork::activations(const std::vector<double>& x) const {
  require(x.size() == layers_.front().W.front().size(), "forward: wrong number of inputs");
  std::vector<std::vector<double>> a = {x};
  for (const Layer& layer : layers_) {
    const bool is_output = &layer == &layers_.back();
    a.push_back(activate(affine(layer.W, a.back(), layer.b), is_output));
  }
  return a;
}

std::vector<double> NeuralNetwork::forward(const std::vector<double>& x) {
  a_ = activations(x);
  return a_.back();
}

// --- loss -------------------------------------------------------------------------------

double NeuralNetwork::loss(const std::vector<double>& y_hat, const std::vector<double>& y) const {
  require(y_hat.size() == outputs() && y.size() == outputs(), "loss: wrong number of outputs");
  double sum = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    sum -= y[i] * std::log(std::max(y_hat[i], kSmallest));
    if (y.size() == 1) sum -= (1.0 - y[i]) * std::log(std::max(1.0 - y_hat[i], kSmallest));
  }
  return sum;
}

// --- backward and update ----------------------------------------------------------------

void NeuralNetwork::backward(const std::vector<double>& y) {
  if (a_.empty()) throw std::logic_error("backward: forward comes first");
  require(y.size() == outputs(), "backward: wrong number of targets");
  std::vector<double> delta(y.size());  // dL/dz_L = y_hat - y for both kinds of output
  for (std::size_t j = 0; j < y.size(); ++j) delta[j] = a_.back()[j] - y[j];
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    const std::vector<double>& a = a_[l];  // what came into this layer
    for (std::size_t j = 0; j < delta.size(); ++j) {
      for (std::size_t i = 0; i < a.size(); ++i) layer.dW[j][i] = delta[j] * a[i];
    }
    layer.db = delta;
    if (l == 0) break;
    delta = transposed_times(layer.W, delta);
    for (std::size_t i = 0; i < a.size(); ++i) delta[i] *= 1.0 - a[i] * a[i];  // tanh' = 1 - tanh^2
  }
}

void NeuralNetwork::gradient_descent(double learning_rate) {
  for (Layer& layer : layers_) {
    for (std::size_t j = 0; j < layer.b.size(); ++j) {
      for (std::size_t i = 0; i < layer.W[j].size(); ++i) {
        layer.W[j][i] -= learning_rate * layer.dW[j][i];
      }
      layer.b[j] -= learning_rate * layer.db[j];
    }
  }
}

// --- the loops --------------------------------------------------------------------------

double NeuralNetwork::train_step(const std::vector<double>& x, const std::vector<double>& y,
                                 double learning_rate) {
  const double before = loss(forward(x), y);
  backward(y);
  gradient_descent(learning_rate);
  return before;
}

double NeuralNetwork::train(const Samples& X, const Samples& Y, int epochs, double learning_rate) {
  require(X.size() == Y.size() && !X.empty(), "train: as many targets as samples, at least one");
  std::vector<std::size_t> order(X.size());
  std::iota(order.begin(), order.end(), 0);
  double mean = 0.0;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::shuffle(order.begin(), order.end(), random_);
    double sum = 0.0;
    for (const std::size_t n : order) sum += train_step(X[n], Y[n], learning_rate);
    mean = sum / static_cast<double>(X.size());
  }
  return mean;
}

double NeuralNetwork::test(const Samples& X, const Samples& Y) {
  require(X.size() == Y.size() && !X.empty(), "test: as many targets as samples, at least one");
  std::size_t right = 0;
  for (std::size_t n = 0; n < X.size(); ++n) right += same_answer(activations(X[n]).back(), Y[n]);
  return static_cast<double>(right) / static_cast<double>(X.size());
}
