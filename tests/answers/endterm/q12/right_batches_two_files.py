# ReLU, softmax and cross entropy; mini-batches of 4; layers in a header of their own and helper functions in a second source file.
# %% [file] cpp/layer.hpp
#pragma once
#include <random>
#include <vector>

struct Layer {
  std::vector<double> w, b, dw, db, a;  // w row by row
  int in, out;
  bool last;
  Layer(int in, int out, bool last, std::mt19937& engine);
  void forward(const std::vector<double>& x);
  std::vector<double> backward(const std::vector<double>& x, const std::vector<double>& dz);
  void step(double rate);
};
# %% [file] cpp/layer.cpp
#include "layer.hpp"

#include <algorithm>
#include <cmath>

Layer::Layer(int in, int out, bool last, std::mt19937& engine)
    : w(in * out), b(out, 0.01), dw(in * out), db(out), a(out), in(in), out(out), last(last) {
  std::normal_distribution<double> normal(0, std::sqrt(2.0 / in));
  for (auto& v : w) v = normal(engine);
}

void Layer::forward(const std::vector<double>& x) {
  for (int j = 0; j < out; j++) {
    a[j] = b[j];
    for (int i = 0; i < in; i++) a[j] += w[j * in + i] * x[i];
    if (!last) a[j] = std::max(0.0, a[j]);
  }
  if (!last) return;
  double top = *std::max_element(a.begin(), a.end()), sum = 0;
  for (auto& v : a) sum += v = std::exp(v - top);
  for (auto& v : a) v /= sum;
}

// Adds to the gradients; gives the error of the values that came in.
std::vector<double> Layer::backward(const std::vector<double>& x, const std::vector<double>& dz) {
  std::vector<double> dx(in, 0.0);
  for (int j = 0; j < out; j++) {
    for (int i = 0; i < in; i++) {
      dw[j * in + i] += dz[j] * x[i];
      dx[i] += w[j * in + i] * dz[j];
    }
    db[j] += dz[j];
  }
  return dx;
}

void Layer::step(double rate) {
  for (size_t k = 0; k < w.size(); k++) w[k] -= rate * dw[k], dw[k] = 0;
  for (size_t k = 0; k < b.size(); k++) b[k] -= rate * db[k], db[k] = 0;
}
# %% [file] cpp/nn.hpp
#pragma once
#include <random>
#include <string>
#include <vector>

#include "layer.hpp"

using Samples = std::vector<std::vector<double>>;

class NeuralNetwork {
 public:
  NeuralNetwork(const std::vector<int>& layer_sizes, unsigned seed);
  std::string description() const;
  std::vector<double> forward(const std::vector<double>& x);
  double loss(const std::vector<double>& y_hat, const std::vector<double>& y) const;
  void backward(const std::vector<double>& y);
  void gradient_descent(double learning_rate);
  double train_step(const std::vector<double>& x, const std::vector<double>& y,
                    double learning_rate);
  double train(const Samples& X, const Samples& Y, int epochs, double learning_rate);
  double test(const Samples& X, const Samples& Y);
  std::vector<double> parameters() const;
  void set_parameters(const std::vector<double>& p);

 private:
  std::mt19937 engine;
  std::vector<Layer> layers;
  std::vector<double> input;
  int waiting = 0;  // samples whose gradients wait for a step
};
# %% [file] cpp/nn.cpp
#include "nn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

NeuralNetwork::NeuralNetwork(const std::vector<int>& sizes, unsigned seed) : engine(seed) {
  for (size_t l = 1; l < sizes.size(); l++)
    layers.emplace_back(sizes[l - 1], sizes[l], l + 1 == sizes.size(), engine);
}

std::string NeuralNetwork::description() const {
  return "hidden=relu output=softmax loss=cross_entropy update=batch:4";
}

std::vector<double> NeuralNetwork::forward(const std::vector<double>& x) {
  input = x;
  const std::vector<double>* a = &input;
  for (auto& layer : layers) layer.forward(*a), a = &layer.a;
  return *a;
}

double NeuralNetwork::loss(const std::vector<double>& p, const std::vector<double>& y) const {
  double sum = 0;
  for (size_t i = 0; i < y.size(); i++)
    if (y[i] != 0) sum -= y[i] * std::log(p[i] + 1e-300);
  return sum;
}

void NeuralNetwork::backward(const std::vector<double>& y) {
  std::vector<double> dz(y.size());
  for (size_t i = 0; i < y.size(); i++) dz[i] = layers.back().a[i] - y[i];
  for (size_t l = layers.size(); l-- > 0;) {
    const auto& x = l ? layers[l - 1].a : input;
    dz = layers[l].backward(x, dz);
    for (size_t i = 0; l && i < dz.size(); i++)
      if (x[i] <= 0) dz[i] = 0;
  }
  waiting++;
}

void NeuralNetwork::gradient_descent(double rate) {
  for (auto& layer : layers) layer.step(rate / std::max(waiting, 1));
  waiting = 0;
}

double NeuralNetwork::train_step(const std::vector<double>& x, const std::vector<double>& y, double rate) {
  double before = loss(forward(x), y);
  backward(y);
  gradient_descent(rate);
  return before;
}

double NeuralNetwork::train(const Samples& X, const Samples& Y, int epochs, double rate) {
  std::vector<size_t> order(X.size());
  std::iota(order.begin(), order.end(), 0);
  double sum = 0;
  for (int e = 0; e < epochs; e++) {
    std::shuffle(order.begin(), order.end(), engine);
    sum = 0;
    for (size_t k = 0; k < order.size(); k++) {
      sum += loss(forward(X[order[k]]), Y[order[k]]);
      backward(Y[order[k]]);
      if (waiting == 4 || k + 1 == order.size()) gradient_descent(rate);
    }
  }
  return sum / X.size();
}

double NeuralNetwork::test(const Samples& X, const Samples& Y) {
  auto top = [](const std::vector<double>& v) { return std::max_element(v.begin(), v.end()) - v.begin(); };
  double right = 0;
  for (size_t n = 0; n < X.size(); n++) right += top(forward(X[n])) == top(Y[n]);
  return right / X.size();
}

std::vector<double> NeuralNetwork::parameters() const {
  std::vector<double> p;
  for (auto& layer : layers)
    for (auto* v : {&layer.w, &layer.b}) p.insert(p.end(), v->begin(), v->end());
  return p;
}

void NeuralNetwork::set_parameters(const std::vector<double>& p) {
  if (p.size() != parameters().size()) throw std::invalid_argument("length");
  auto next = p.begin();
  for (auto& layer : layers)
    for (auto* v : {&layer.w, &layer.b}) std::copy_n(next, v->size(), v->begin()), next += v->size();
}
