# bench WORKLOAD NUMBERS STEPS TIMES: trains by micrograd.cr (nogginly), the library unchanged, in Float64.
# NUMBERS is text, a number a line: X row by row, y, then per layer W[n_in][n_out] row by row and b[n_out].
# Prints the last loss, and where TIMES is above 1, before it the seconds of the median training.
# The library's MLP gives every layer as many inputs as the first has, so layers are chained here.
require "micrograd"

alias V = MicroGrad::Value(Float64)
alias Linear = MicroGrad::Neuron(Float64)
alias ReLU = MicroGrad::Neuron::ReLU(Float64)
alias TanH = MicroGrad::Neuron::TanH(Float64)
alias Sigmoid = MicroGrad::Neuron::Sigmoid(Float64)
alias Layer = MicroGrad::Layer

def values(row)
  row.map { |x| V[x] }
end

class Numbers
  getter x : Array(Array(Float64))
  getter y : Array(Float64)
  @weights : Array(Float64)

  def initialize(all : Array(Float64), rows : Int32, columns : Int32)
    @x = all[0, rows * columns].each_slice(columns).to_a
    @y = all[rows * columns, rows]
    @weights = all[rows * columns + rows..]
  end

  # The parameters of layers of these sizes in the library's order: neuron by neuron, weights and then bias.
  def parameters(sizes)
    found = [] of Float64
    start = 0
    sizes.each_cons_pair do |n_in, n_out|
      n_out.times do |j|
        n_in.times { |k| found << @weights[start + k * n_out + j] }
        found << @weights[start + n_in * n_out + j]
      end
      start += n_in * n_out + n_out
    end
    found
  end
end

def start(parameters, numbers)
  parameters.zip(numbers) { |p, x| p.data = x }
end

def descend(parameters, loss, rate)
  parameters.each { |p| p.grad = 0 }
  loss.backward
  parameters.each { |p| p.data -= rate * p.grad }
end

def moons(all, steps)
  numbers = Numbers.new(all, 100, 2)
  first, second = Layer(Float64, ReLU).new(2, 16), Layer(Float64, ReLU).new(16, 16)
  last = Layer(Float64, Linear).new(16, 1)
  parameters = first.parameters + second.parameters + last.parameters
  start(parameters, numbers.parameters([2, 16, 16, 1]))
  loss = V[0]
  steps.times do |step|
    total, squares = V[0], V[0]
    numbers.x.each_with_index do |x, i|
      score = last.activate!(second.activate!(first.activate!(values(x))))[0]
      total += (score * -numbers.y[i] + 1.0).relu
    end
    parameters.each { |p| squares += p * p }
    loss = total * (1.0 / numbers.x.size) + squares * 1e-4
    descend(parameters, loss, Math.max(0.1, 1.0 - 0.9 * step / 100))
  end
  loss.data
end

def xor(all, steps)
  numbers = Numbers.new(all, 4, 2)
  first, last = Layer(Float64, Sigmoid).new(2, 2), Layer(Float64, Sigmoid).new(2, 1)
  parameters = first.parameters + last.parameters
  start(parameters, numbers.parameters([2, 2, 1]))
  loss = V[0]
  steps.times do |step|
    loss = (last.activate!(first.activate!(values(numbers.x[step % 4])))[0] - numbers.y[step % 4]) ** 2
    descend(parameters, loss, 0.1)
  end
  loss.data
end

def lecture(all, steps)
  numbers = Numbers.new(all, 4, 3)
  first, second = Layer(Float64, TanH).new(3, 4), Layer(Float64, TanH).new(4, 4)
  last = Layer(Float64, TanH).new(4, 1)
  parameters = first.parameters + second.parameters + last.parameters
  start(parameters, numbers.parameters([3, 4, 4, 1]))
  loss = V[0]
  steps.times do
    loss = V[0]
    numbers.x.each_with_index do |x, i|
      loss += (last.activate!(second.activate!(first.activate!(values(x))))[0] - numbers.y[i]) ** 2
    end
    descend(parameters, loss, 0.1)
  end
  loss.data
end

workload, file, steps, times = ARGV[0], ARGV[1], ARGV[2].to_i, ARGV[3].to_i
all = File.read_lines(file).map &.to_f64
loss = 0.0
spent = [] of Float64
times.times do
  began = Time.monotonic
  loss = case workload
         when "moons" then moons(all, steps)
         when "xor"   then xor(all, steps)
         else              lecture(all, steps)
         end
  spent << (Time.monotonic - began).total_seconds
end
puts spent.sort[times // 2] if times > 1
puts loss
