namespace Homeostat.Core.Forecasting.Models;

/// <summary>
/// A small network: the changes between the 12 newest values in, 16 tanh units, the change over the horizon out, one network per horizon. It learns online by Adam (Kingma and
/// Ba, ICLR 2015) on absolute error: the newest row and seven of the last 2,000, in an order that is fixed by their numbers. Weights start from a fixed sequence: the same
/// values always make the same network.
/// </summary>
internal sealed class NeuralNetwork : IPointModel
{
    private const int Replayed = 7;
    private const int Window = 2000;

    private readonly int[] _horizons;
    private readonly History _history;
    private readonly TanhNetwork[] _networks;
    private readonly double[] _scales;
    private ulong _order = 0x9E3779B97F4A7C15;

    public NeuralNetwork(int[] horizons)
    {
        _horizons = horizons;
        _history = new History(Window + horizons[^1] + TanhNetwork.Inputs + 2);
        _networks = [.. horizons.Select((_, i) => new TanhNetwork((ulong)i + 1))];
        _scales = new double[horizons.Length];
    }

    public int Bytes => _history.Bytes + _networks.Sum(n => n.Bytes) + (_scales.Length * sizeof(double));

    public void Observe(double value)
    {
        _history.Add(value);
        for (var i = 0; i < _horizons.Length; i++)
        {
            Learn(i, 0);
            var rows = Math.Min(Window, _history.Count - 1 - _horizons[i] - TanhNetwork.Inputs);
            for (var k = 0; k < Replayed && rows > 1; k++)
            {
                _order = (_order * 6364136223846793005) + 1442695040888963407;
                Learn(i, (int)((_order >> 33) % (ulong)rows));
            }
        }
    }

    public double Predict(int steps)
    {
        var at = Demand.Nearest(_horizons, steps);
        if (_history.Count <= TanhNetwork.Inputs + 1 || _scales[at] <= 0)
        {
            return _history.Count == 0 ? 0 : _history[0];
        }
        Span<float> inputs = stackalloc float[TanhNetwork.Inputs];
        Fill(inputs, 0, _scales[at]);
        return _history[0] + (_networks[at].Predict(inputs) * _scales[at]);
    }

    /// <param name="ago">The row whose target is that many steps ago.</param>
    private void Learn(int at, int ago)
    {
        var origin = ago + _horizons[at];
        if (_history.Count <= origin + TanhNetwork.Inputs + 1)
        {
            return;
        }
        var change = _history[ago] - _history[origin];
        if (ago == 0)
        {
            // Changes are measured in their usual size, so that the network sees numbers near 1 at any level of demand.
            _scales[at] = _scales[at] == 0 ? Math.Abs(change) : _scales[at] + ((Math.Abs(change) - _scales[at]) * 0.01);
        }
        if (_scales[at] > 0)
        {
            Span<float> inputs = stackalloc float[TanhNetwork.Inputs];
            Fill(inputs, origin, _scales[at]);
            _networks[at].Learn(inputs, (float)(change / _scales[at]));
        }
    }

    private void Fill(Span<float> inputs, int ago, double scale)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = (float)Math.Clamp((_history[ago] - _history[ago + i + 1]) / scale, -20, 20);
        }
    }
}
