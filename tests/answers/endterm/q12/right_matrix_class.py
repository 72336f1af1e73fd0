# A matrix class of their own; sigmoid everywhere and half the squared error.
# %% [file] cpp/nn.hpp
#pragma once
#include <random>
#include <string>
#include <vector>

using Samples = std::vector<std::vector<double>>;
using Vector = std::vector<double>;

class Matrix {
 public:
  Matrix(int rows, int columns) : rows(rows), columns(columns), values(rows * columns) {}
  double& operator()(int r, int c) { return values[r * columns + c]; }
  double operator()(int r, int c) const { return values[r * columns + c]; }
  Vector operator*(const Vector& v) const;
  Vector transposed_times(const Vector& v) const;
  int rows, columns;
  Vector values;
};

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
  std::vector<Matrix> W;
  std::vector<Vector> b, a, delta;
  std::mt19937 engine;
};
# %% [file] cpp/nn.cpp
#include "nn.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

Vector Matrix::operator*(const Vector& v) const {
  Vector out(rows, 0.0);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) out[r] += (*this)(r, c) * v[c];
  return out;
}

Vector Matrix::transposed_times(const Vector& v) const {
  Vector out(columns, 0.0);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) out[c] += (*this)(r, c) * v[r];
  return out;
}

static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

NeuralNetwork::NeuralNetwork(const std::vector<int>& sizes, unsigned seed) : engine(seed) {
  std::normal_distribution<double> normal(0.0, 1.0);
  for (size_t l = 1; l < sizes.size(); ++l) {
    W.emplace_back(sizes[l], sizes[l - 1]);
    for (double& w : W.back().values) w = normal(engine) / std::sqrt(sizes[l - 1]);
    b.emplace_back(sizes[l], 0.0);
  }
  delta.resize(b.size());
}

std::string NeuralNetwork::description() const {
  return "hidden=sigmoid output=sigmoid loss=squared_error update=sample";
}

Vector NeuralNetwork::forward(const Vector& x) {
  a = {x};
  for (size_t l = 0; l < W.size(); ++l) {
    Vector z = W[l] * a[l];
    for (size_t j = 0; j < z.size(); ++j) z[j] = sigmoid(z[j] + b[l][j]);
    a.push_back(z);
  }
  return a.back();
}

double NeuralNetwork::loss(const Vector& y_hat, const Vector& y) const {
  double sum = 0;
  for (size_t j = 0; j < y.size(); ++j) sum += (y_hat[j] - y[j]) * (y_hat[j] - y[j]);
  return sum / 2;
}

void NeuralNetwork::backward(const Vector& y) {
  Vector error(y.size());
  for (size_t j = 0; j < y.size(); ++j) error[j] = a.back()[j] - y[j];
  for (size_t l = W.size(); l-- > 0;) {
    delta[l] = error;
    for (size_t j = 0; j < error.size(); ++j) delta[l][j] *= a[l + 1][j] * (1 - a[l + 1][j]);
    error = W[l].transposed_times(delta[l]);
  }
}

void NeuralNetwork::gradient_descent(double rate) {
  for (size_t l = 0; l < W.size(); ++l)
    for (int j = 0; j < W[l].rows; ++j) {
      for (int i = 0; i < W[l].columns; ++i) W[l](j, i) -= rate * delta[l][j] * a[l][i];
      b[l][j] -= rate * delta[l][j];
    }
}

double NeuralNetwork::train_step(const Vector& x, const Vector& y, double rate) {
  double before = loss(forward(x), y);
  backward(y);
  gradient_descent(rate);
  return before;
}

double NeuralNetwork::train(const Samples& X, const Samples& Y, int epochs, double rate) {
  std::vector<int> order(X.size());
  for (size_t i = 0; i < X.size(); ++i) order[i] = i;
  double mean = 0;
  while (epochs-- > 0) {
    std::shuffle(order.begin(), order.end(), engine);
    mean = 0;
    for (int i : order) mean += train_step(X[i], Y[i], rate) / X.size();
  }
  return mean;
}

double NeuralNetwork::test(const Samples& X, const Samples& Y) {
  int hits = 0;
  for (size_t n = 0; n < X.size(); ++n) {
    Vector p = forward(X[n]);
    const Vector& y = Y[n];
    if (p.size() == 1)
      hits += (p[0] >= 0.5) == (y[0] >= 0.5);
    else
      hits += std::max_element(p.begin(), p.end()) - p.begin() ==
              std::max_element(y.begin(), y.end()) - y.begin();
  }
  return double(hits) / X.size();
}

Vector NeuralNetwork::parameters() const {
  Vector p;
  for (size_t l = 0; l < W.size(); ++l) {
    p.insert(p.end(), W[l].values.begin(), W[l].values.end());
    p.insert(p.end(), b[l].begin(), b[l].end());
  }
  return p;
}

void NeuralNetwork::set_parameters(const Vector& p) {
  if (p.size() != parameters().size()) throw std::invalid_argument("wrong number of parameters");
  size_t k = 0;
  for (size_t l = 0; l < W.size(); ++l) {
    for (double& w : W[l].values) w = p[k++];
    for (double& v : b[l]) v = p[k++];
  }
}
