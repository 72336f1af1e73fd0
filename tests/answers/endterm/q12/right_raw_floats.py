# Raw arrays of floats, tanh and a linear output with the squared error; everything in one loop.
# %% [file] cpp/nn.hpp
#ifndef NN_HPP
#define NN_HPP
#include <string>
#include <vector>

typedef std::vector<std::vector<double>> Samples;

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
  ~NeuralNetwork();
  NeuralNetwork(const NeuralNetwork&) = delete;
  NeuralNetwork& operator=(const NeuralNetwork&) = delete;

 private:
  int L;
  int* n;
  float **w, **b, **a, **d;
  unsigned state;
  float uniform();
};

#endif
# %% [file] cpp/nn.cpp
#include "nn.hpp"
#include <math.h>
#include <stdexcept>

float NeuralNetwork::uniform() {
  state = 1664525u * state + 1013904223u;
  return (state >> 8) / 16777216.0f;
}

NeuralNetwork::NeuralNetwork(const std::vector<int>& sizes, unsigned seed)
    : L(sizes.size() - 1), n(new int[sizes.size()]), w(new float*[L + 1]), b(new float*[L + 1]),
      a(new float*[L + 1]), d(new float*[L + 1]), state(seed) {
  for (int l = 0; l <= L; l++) {
    n[l] = sizes[l];
    a[l] = new float[n[l]]();
    d[l] = new float[n[l]]();
    w[l] = l ? new float[n[l] * n[l - 1]] : nullptr;
    b[l] = new float[n[l]]();
    for (int k = 0; l && k < n[l] * n[l - 1]; k++)
      w[l][k] = (2 * uniform() - 1) / sqrtf((float)n[l - 1]);
  }
}

NeuralNetwork::~NeuralNetwork() {
  for (int l = 0; l <= L; l++) {
    delete[] a[l];
    delete[] d[l];
    delete[] w[l];
    delete[] b[l];
  }
  delete[] n;
  delete[] a;
  delete[] d;
  delete[] w;
  delete[] b;
}

std::string NeuralNetwork::description() const {
  return "hidden=tanh output=identity loss=squared_error update=sample";
}

std::vector<double> NeuralNetwork::forward(const std::vector<double>& x) {
  for (int i = 0; i < n[0]; i++) a[0][i] = (float)x.at(i);
  for (int l = 1; l <= L; l++)
    for (int j = 0; j < n[l]; j++) {
      float z = b[l][j];
      for (int i = 0; i < n[l - 1]; i++) z += w[l][j * n[l - 1] + i] * a[l - 1][i];
      a[l][j] = l < L ? tanhf(z) : z;
    }
  return std::vector<double>(a[L], a[L] + n[L]);
}

double NeuralNetwork::loss(const std::vector<double>& y_hat, const std::vector<double>& y) const {
  double s = 0;
  for (size_t j = 0; j < y.size(); j++) s += (y_hat[j] - y[j]) * (y_hat[j] - y[j]);
  return s / y.size();
}

void NeuralNetwork::backward(const std::vector<double>& y) {
  for (int j = 0; j < n[L]; j++) d[L][j] = a[L][j] - (float)y.at(j);
  for (int l = L; l > 1; l--)
    for (int i = 0; i < n[l - 1]; i++) {
      float s = 0;
      for (int j = 0; j < n[l]; j++) s += w[l][j * n[l - 1] + i] * d[l][j];
      d[l - 1][i] = s * (1 - a[l - 1][i] * a[l - 1][i]);
    }
}

void NeuralNetwork::gradient_descent(double rate) {
  for (int l = 1; l <= L; l++)
    for (int j = 0; j < n[l]; j++) {
      for (int i = 0; i < n[l - 1]; i++) w[l][j * n[l - 1] + i] -= (float)rate * d[l][j] * a[l - 1][i];
      b[l][j] -= (float)rate * d[l][j];
    }
}

double NeuralNetwork::train_step(const std::vector<double>& x, const std::vector<double>& y, double rate) {
  double before = loss(forward(x), y);
  backward(y);
  gradient_descent(rate);
  return before;
}

double NeuralNetwork::train(const Samples& X, const Samples& Y, int epochs, double rate) {
  double mean = 0;
  for (int e = 0; e < epochs; e++) {
    mean = 0;
    size_t first = (size_t)(uniform() * X.size());  // a shuffle of the poor: begin elsewhere
    for (size_t k = 0; k < X.size(); k++) {
      size_t i = (first + k) % X.size();
      mean += train_step(X[i], Y[i], rate);
    }
    mean /= X.size();
  }
  return mean;
}

double NeuralNetwork::test(const Samples& X, const Samples& Y) {
  double right = 0;
  for (size_t k = 0; k < X.size(); k++) {
    std::vector<double> p = forward(X[k]);
    int best = 0, truth = 0;
    for (int j = 1; j < n[L]; j++) {
      if (p[j] > p[best]) best = j;
      if (Y[k][j] > Y[k][truth]) truth = j;
    }
    right += n[L] > 1 ? best == truth : (p[0] >= 0.5) == (Y[k][0] >= 0.5);
  }
  return right / X.size();
}

std::vector<double> NeuralNetwork::parameters() const {
  std::vector<double> p;
  for (int l = 1; l <= L; l++) {
    p.insert(p.end(), w[l], w[l] + n[l] * n[l - 1]);
    p.insert(p.end(), b[l], b[l] + n[l]);
  }
  return p;
}

void NeuralNetwork::set_parameters(const std::vector<double>& p) {
  if (p.size() != parameters().size()) throw std::invalid_argument("set_parameters: length");
  int k = 0;
  for (int l = 1; l <= L; l++) {
    for (int i = 0; i < n[l] * n[l - 1]; i++) w[l][i] = (float)p[k++];
    for (int j = 0; j < n[l]; j++) b[l][j] = (float)p[k++];
  }
}
