# Written in C: the class only hands on to functions of core.c. Sigmoids inside, softmax and cross entropy at the end.
# %% [file] cpp/core.h
#ifndef CORE_H
#define CORE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int layers;       /* without the inputs */
  int *n;           /* neurons, n[0] inputs */
  double **w, **b;  /* parameters of layer l, w row by row */
  double **a, **d;  /* outputs and errors of layer l */
  unsigned state;   /* of the random numbers */
} Net;

Net *net_new(const int *sizes, int count, unsigned seed);
void net_free(Net *net);
const double *net_forward(Net *net, const double *x);
double net_loss(const double *y_hat, const double *y, int n);
void net_backward(Net *net, const double *y);
void net_step(Net *net, double rate);
int net_count(const Net *net);
void net_copy(Net *net, double *p, int into_net); /* between p and the parameters */
unsigned net_below(Net *net, unsigned limit);     /* a random number below the limit */
int largest(const double *v, int n);

#ifdef __cplusplus
}
#endif

#endif
# %% [file] cpp/core.c
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double uniform(Net *net) {
  net->state = 1664525u * net->state + 1013904223u;
  return (net->state >> 8) / 16777216.0;
}

unsigned net_below(Net *net, unsigned limit) { return (unsigned)(uniform(net) * limit); }

Net *net_new(const int *sizes, int count, unsigned seed) {
  Net *net = malloc(sizeof *net);
  int l, k;
  net->layers = count - 1;
  net->state = seed;
  net->n = malloc(count * sizeof *net->n);
  memcpy(net->n, sizes, count * sizeof *net->n);
  net->w = calloc(count, sizeof *net->w);
  net->b = calloc(count, sizeof *net->b);
  net->a = calloc(count, sizeof *net->a);
  net->d = calloc(count, sizeof *net->d);
  for (l = 0; l < count; l++) {
    net->a[l] = calloc(sizes[l], sizeof(double));
    net->d[l] = calloc(sizes[l], sizeof(double));
    net->b[l] = calloc(sizes[l], sizeof(double));
    if (l == 0) continue;
    net->w[l] = calloc(sizes[l] * sizes[l - 1], sizeof(double));
    for (k = 0; k < sizes[l] * sizes[l - 1]; k++)
      net->w[l][k] = (2 * uniform(net) - 1) * sqrt(3.0 / sizes[l - 1]);
  }
  return net;
}

void net_free(Net *net) {
  int l;
  for (l = 0; l <= net->layers; l++) {
    free(net->w[l]);
    free(net->b[l]);
    free(net->a[l]);
    free(net->d[l]);
  }
  free(net->w);
  free(net->b);
  free(net->a);
  free(net->d);
  free(net->n);
  free(net);
}

int largest(const double *v, int n) {
  int class = 0, i; /* a keyword of C++, a name in C */
  for (i = 1; i < n; i++)
    if (v[i] > v[class]) class = i;
  return class;
}

static void softmax(double *z, int n) {
  double top = z[largest(z, n)], sum = 0;
  int i;
  for (i = 0; i < n; i++) sum += z[i] = exp(z[i] - top);
  for (i = 0; i < n; i++) z[i] /= sum;
}

const double *net_forward(Net *net, const double *x) {
  int l, j, i;
  memcpy(net->a[0], x, net->n[0] * sizeof *x);
  for (l = 1; l <= net->layers; l++) {
    const double *w = net->w[l];
    for (j = 0; j < net->n[l]; j++) {
      double z = net->b[l][j];
      for (i = 0; i < net->n[l - 1]; i++) z += *w++ * net->a[l - 1][i];
      net->a[l][j] = l < net->layers ? 1 / (1 + exp(-z)) : z;
    }
  }
  softmax(net->a[net->layers], net->n[net->layers]);
  return net->a[net->layers];
}

double net_loss(const double *y_hat, const double *y, int n) {
  double sum = 0;
  int i;
  for (i = 0; i < n; i++) sum -= y[i] * log(fmax(y_hat[i], 1e-300));
  return sum;
}

void net_backward(Net *net, const double *y) {
  int l, j, i, last = net->layers;
  for (j = 0; j < net->n[last]; j++) net->d[last][j] = net->a[last][j] - y[j];
  for (l = last; l > 1; l--)
    for (i = 0; i < net->n[l - 1]; i++) {
      double sum = 0, a = net->a[l - 1][i];
      for (j = 0; j < net->n[l]; j++) sum += net->w[l][j * net->n[l - 1] + i] * net->d[l][j];
      net->d[l - 1][i] = sum * a * (1 - a);
    }
}

void net_step(Net *net, double rate) {
  int l, j, i;
  for (l = 1; l <= net->layers; l++)
    for (j = 0; j < net->n[l]; j++) {
      for (i = 0; i < net->n[l - 1]; i++)
        net->w[l][j * net->n[l - 1] + i] -= rate * net->d[l][j] * net->a[l - 1][i];
      net->b[l][j] -= rate * net->d[l][j];
    }
}

int net_count(const Net *net) {
  int l, count = 0;
  for (l = 1; l <= net->layers; l++) count += net->n[l] * (net->n[l - 1] + 1);
  return count;
}

static double *exchange(double *inside, double *p, int count, int into_net) {
  if (into_net)
    memcpy(inside, p, count * sizeof *p);
  else
    memcpy(p, inside, count * sizeof *p);
  return p + count;
}

void net_copy(Net *net, double *p, int into_net) {
  int l;
  for (l = 1; l <= net->layers; l++) {
    p = exchange(net->w[l], p, net->n[l] * net->n[l - 1], into_net);
    p = exchange(net->b[l], p, net->n[l], into_net);
  }
}
# %% [file] cpp/nn.hpp
#ifndef NN_HPP
#define NN_HPP
#include <string>
#include <vector>

#include "core.h"

using Samples = std::vector<std::vector<double>>;

class NeuralNetwork {
 public:
  NeuralNetwork(const std::vector<int>& layer_sizes, unsigned seed);
  ~NeuralNetwork();
  NeuralNetwork(const NeuralNetwork&) = delete;
  NeuralNetwork& operator=(const NeuralNetwork&) = delete;
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
  std::vector<int> sizes;
  Net* net;
};

#endif
# %% [file] cpp/nn.cpp
#include "nn.hpp"

#include <stdexcept>
#include <utility>

static const double* row(const std::vector<double>& v, size_t count) {
  if (v.size() != count) throw std::invalid_argument("a row has the wrong length");
  return v.data();
}

NeuralNetwork::NeuralNetwork(const std::vector<int>& layer_sizes, unsigned seed)
    : sizes(layer_sizes), net(net_new(sizes.data(), static_cast<int>(sizes.size()), seed)) {}

NeuralNetwork::~NeuralNetwork() { net_free(net); }

std::string NeuralNetwork::description() const {
  return "hidden=sigmoid output=softmax loss=cross_entropy update=sample";
}

std::vector<double> NeuralNetwork::forward(const std::vector<double>& x) {
  const double* y_hat = net_forward(net, row(x, sizes.front()));
  return std::vector<double>(y_hat, y_hat + sizes.back());
}

double NeuralNetwork::loss(const std::vector<double>& y_hat, const std::vector<double>& y) const {
  return net_loss(row(y_hat, sizes.back()), row(y, sizes.back()), sizes.back());
}

void NeuralNetwork::backward(const std::vector<double>& y) { net_backward(net, row(y, sizes.back())); }

void NeuralNetwork::gradient_descent(double rate) { net_step(net, rate); }

double NeuralNetwork::train_step(const std::vector<double>& x, const std::vector<double>& y, double rate) {
  const double before = loss(forward(x), y);
  backward(y);
  gradient_descent(rate);
  return before;
}

double NeuralNetwork::train(const Samples& X, const Samples& Y, int epochs, double rate) {
  std::vector<size_t> order(X.size());
  for (size_t k = 0; k < order.size(); k++) order[k] = k;
  double sum = 0;
  for (int e = 0; e < epochs; e++) {
    sum = 0;
    for (size_t k = order.size(); k > 1; k--)
      std::swap(order[k - 1], order[net_below(net, static_cast<unsigned>(k))]);
    for (size_t k : order) sum += train_step(X[k], Y[k], rate);
  }
  return sum / X.size();
}

double NeuralNetwork::test(const Samples& X, const Samples& Y) {
  double right = 0;
  for (size_t k = 0; k < X.size(); k++) {
    const std::vector<double> y_hat = forward(X[k]);
    const int n = sizes.back();
    right += n > 1 ? largest(y_hat.data(), n) == largest(Y[k].data(), n) : (y_hat[0] >= 0.5) == (Y[k][0] >= 0.5);
  }
  return right / X.size();
}

std::vector<double> NeuralNetwork::parameters() const {
  std::vector<double> p(net_count(net));
  net_copy(net, p.data(), 0);
  return p;
}

void NeuralNetwork::set_parameters(const std::vector<double>& p) {
  std::vector<double> copy(row(p, net_count(net)), p.data() + p.size());
  net_copy(net, copy.data(), 1);
}
