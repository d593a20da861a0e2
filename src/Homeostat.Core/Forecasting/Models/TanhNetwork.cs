namespace Homeostat.Core.Forecasting.Models;

/// <summary>One hidden layer of tanh units and a linear output, learnt by Adam on the sign of the error (absolute loss).</summary>
internal sealed class TanhNetwork
{
    public const int Inputs = 12;
    private const int Units = 16;
    private const int PerUnit = Inputs + 2;
    private const float Rate = 0.002f;
    private const float KeepMean = 0.9f;
    private const float KeepSquare = 0.999f;

    /// <summary>Of each unit: its inputs' weights, its bias, its weight to the output; then the output's bias.</summary>
    private readonly float[] _weights = new float[(Units * PerUnit) + 1];
    private readonly float[] _means = new float[(Units * PerUnit) + 1];
    private readonly float[] _squares = new float[(Units * PerUnit) + 1];
    private int _rows;

    public TanhNetwork(ulong seed)
    {
        var state = seed * 0xD1342543DE82EF95;
        for (var unit = 0; unit < Units; unit++)
        {
            for (var i = 0; i < Inputs; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                _weights[(unit * PerUnit) + i] = (float)((((state >> 33) / (double)(1UL << 31)) - 0.5) * 0.6);
            }
            // The output starts at nothing: an untaught network says the last value.
        }
    }

    public int Bytes => 3 * _weights.Length * sizeof(float);

    public double Predict(ReadOnlySpan<float> inputs)
    {
        Span<float> units = stackalloc float[Units];
        return Forward(inputs, units);
    }

    public void Learn(ReadOnlySpan<float> inputs, float target)
    {
        Span<float> units = stackalloc float[Units];
        var error = Forward(inputs, units) - target;
        var slope = (float)Math.Clamp(error * 4, -1, 1);
        _rows = Math.Min(_rows + 1, 1_000_000);
        var rate = Rate * MathF.Sqrt(1 - MathF.Pow(KeepSquare, _rows)) / (1 - MathF.Pow(KeepMean, _rows));
        Step(Units * PerUnit, slope, rate);
        for (var unit = 0; unit < Units; unit++)
        {
            var at = unit * PerUnit;
            var back = slope * _weights[at + Inputs + 1] * (1 - (units[unit] * units[unit]));
            Step(at + Inputs + 1, slope * units[unit], rate);
            Step(at + Inputs, back, rate);
            for (var i = 0; i < Inputs; i++)
            {
                Step(at + i, back * inputs[i], rate);
            }
        }
    }

    private double Forward(ReadOnlySpan<float> inputs, Span<float> units)
    {
        var output = _weights[Units * PerUnit];
        for (var unit = 0; unit < Units; unit++)
        {
            var at = unit * PerUnit;
            var sum = _weights[at + Inputs];
            for (var i = 0; i < Inputs; i++)
            {
                sum += _weights[at + i] * inputs[i];
            }
            units[unit] = MathF.Tanh(sum);
            output += units[unit] * _weights[at + Inputs + 1];
        }
        return output;
    }

    private void Step(int at, float slope, float rate)
    {
        _means[at] = (KeepMean * _means[at]) + ((1 - KeepMean) * slope);
        _squares[at] = (KeepSquare * _squares[at]) + ((1 - KeepSquare) * slope * slope);
        _weights[at] -= rate * _means[at] / (MathF.Sqrt(_squares[at]) + 1e-8f);
    }
}
