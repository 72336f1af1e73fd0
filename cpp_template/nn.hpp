// A neural network from scratch: the interface that a solution fills in.
//
// Layers l = 1 .. L with n[0], n[1], ..., n[L] neurons; n[0] is the number of inputs.
//
//   forward     z_l = W_l a_(l-1) + b_l          W_l: n[l] by n[l-1], b_l: n[l]
//               a_l = phi_l(z_l)                 a_0 = x, y_hat = a_L
//   backward    delta_L     = dL/dz_L = (dphi_L/dz_L)^T dL/dy_hat
//                             (dL/dy_hat * phi'_L(z_L) where phi_L works element by element;
//                             the Jacobian matrix of softmax is not diagonal)
//               delta_(l-1) = (W_l^T delta_l) * phi'_(l-1)(z_(l-1))       (* element by element)
//               dL/dW_l     = delta_l a_(l-1)^T,   dL/db_l = delta_l
//   update      W_l <- W_l - learning_rate * dL/dW_l,   b_l likewise
//
// Reference: Goodfellow, Bengio, Courville, "Deep Learning" (2016), algorithms 6.3 and 6.4.
//
// C++17 and the standard library are enough. How the network is kept inside is up to you: add
// private members, helper functions and files as you like, but keep what is declared public.

#ifndef NN_HPP
#define NN_HPP

#include <string>
#include <vector>

using Samples = std::vector<std::vector<double>>;  // one sample a row

class NeuralNetwork {
 public:
  // A network with layer_sizes = {n[0], ..., n[L]}, its parameters drawn at random.
  // The same seed gives the same parameters.
  NeuralNetwork(const std::vector<int>& layer_sizes, unsigned seed);

  // Which network this is, in four words, each "key=value" and separated by blanks:
  //   hidden   identity, sigmoid, tanh, relu, leaky_relu (0.01 z for z < 0)
  //   output   identity, sigmoid, softmax
  //   loss     squared_error          sum over i of (y_hat_i - y_i)^2
  //            cross_entropy          - sum over i of y_i log(y_hat_i)
  //            binary_cross_entropy   - sum over i of y_i log(y_hat_i) + (1 - y_i) log(1 - y_hat_i)
  //            (a half of it, or the mean over i in place of the sum, is fine too)
  //   update   how train() steps: sample (after every sample) or batch:N (after every N samples)
  // For example "hidden=sigmoid output=softmax loss=cross_entropy update=sample".
  // Your values are checked against the network that is named here.
  std::string description() const;

  // y_hat, of n[L] numbers, for one sample x of n[0] numbers. The same x gives the same y_hat.
  std::vector<double> forward(const std::vector<double>& x);

  // Loss calculator: the loss of one prediction y_hat for the target y, smallest at y_hat = y
  // (of cross entropy: among all y_hat that sum to 1). Finite even where an output is 0 or 1.
  double loss(const std::vector<double>& y_hat, const std::vector<double>& y) const;

  // Gradients of the loss for the target y at the last forward(x), kept for gradient_descent.
  void backward(const std::vector<double>& y);

  // One step with the kept gradients. Every layer's gradient comes from the old weights.
  void gradient_descent(double learning_rate);

  // forward, backward and gradient_descent for this one sample; returns the loss before the step.
  double train_step(const std::vector<double>& x, const std::vector<double>& y,
                    double learning_rate);

  // Training loop: visits every sample in every epoch; returns the last epoch's mean loss, each
  // sample's loss being taken before the step that uses it.
  double train(const Samples& X, const Samples& Y, int epochs, double learning_rate);

  // Testing loop: accuracy in [0, 1], the share of samples with the right answer. The answer is
  // the largest output; with a single output it is y_hat >= 0.5. Changes nothing.
  double test(const Samples& X, const Samples& Y);

  // All parameters in one row: for each layer its weights w[j][i] from input i to neuron j, j
  // outermost, then its biases.
  std::vector<double> parameters() const;

  // Puts back what parameters() returned; std::invalid_argument for a wrong length.
  void set_parameters(const std::vector<double>& p);

 private:
  // Your members go here.
};

#endif  // NN_HPP
