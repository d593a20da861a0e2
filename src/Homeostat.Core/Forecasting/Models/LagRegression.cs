namespace Homeostat.Core.Forecasting.Models;

/// <summary>What a regression makes small.</summary>
internal enum RegressionLoss
{
    /// <summary>Squared errors: the mean.</summary>
    Squares,

    /// <summary>Absolute errors: the median; outliers count once.</summary>
    Absolute,

    /// <summary>Pinball loss: a quantile.</summary>
    Quantile,
}

/// <summary>
/// A linear regression that learns one row at a time: the normal equations are kept, older rows count less and less, and solved every few rows. Absolute and pinball loss by
/// weights 1/|error| at the time the row came (one pass of iteratively reweighted least squares; Schlossmacher, JASA 68, 1973). Cost per row: p^2 / 2 multiplications.
/// </summary>
/// <param name="count">Features, p.</param>
/// <param name="window">Rows that count, about: weights fall by 1 - 1/window per row.</param>
internal sealed class OnlineRegression(int count, RegressionLoss loss, double window, double quantile = 0.5, int solveEvery = 8, double ridge = 1e-3)
{
    private readonly double[] _matrix = new double[count * (count + 1) / 2];
    private readonly double[] _right = new double[count];
    private readonly double[] _solution = new double[count];
    private readonly double _decay = 1 - (1 / window);
    private double _scale;
    private int _rows;

    public int Rows => _rows;

    public int Bytes => (_matrix.Length + (2 * count) + 6) * sizeof(double);

    public double Predict(ReadOnlySpan<double> features)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += features[i] * _solution[i];
        }
        return sum;
    }

    public void Learn(ReadOnlySpan<double> features, double target)
    {
        var weight = Weight(target - Predict(features));
        for (var (i, at) = (0, 0); i < count; i++)
        {
            var scaled = weight * features[i];
            for (var j = 0; j <= i; j++, at++)
            {
                _matrix[at] = (_matrix[at] * _decay) + (scaled * features[j]);
            }
            _right[i] = (_right[i] * _decay) + (scaled * target);
        }
        _rows++;
        if (_rows % (_rows < 200 ? 2 : solveEvery) == 0)
        {
            Solve();
        }
    }

    private double Weight(double error)
    {
        var size = Math.Abs(error);
        _scale = _scale == 0 ? size : _scale + ((size - _scale) * 0.01);
        if (loss == RegressionLoss.Squares || _scale == 0)
        {
            return 1;
        }
        var side = loss == RegressionLoss.Absolute ? 1 : 2 * (error > 0 ? quantile : 1 - quantile);
        return side * _scale / Math.Max(size, 0.05 * _scale);
    }

    /// <summary>Cholesky on the matrix scaled to a unit diagonal, which a little is added to: features that say the same (a constant series) then share instead of failing.</summary>
    private void Solve()
    {
        Span<double> factor = stackalloc double[_matrix.Length];
        Span<double> unit = stackalloc double[count];
        Span<double> answer = stackalloc double[count];
        for (var i = 0; i < count; i++)
        {
            var diagonal = _matrix[(i * (i + 1) / 2) + i];
            unit[i] = diagonal > 0 ? 1 / Math.Sqrt(diagonal) : 0;
        }
        for (var i = 0; i < count; i++)
        {
            var (row, sum) = (i * (i + 1) / 2, _right[i] * unit[i]);
            for (var j = 0; j <= i; j++)
            {
                var (other, value) = (j * (j + 1) / 2, i == j ? 1 + ridge : _matrix[row + j] * unit[i] * unit[j]);
                for (var k = 0; k < j; k++)
                {
                    value -= factor[row + k] * factor[other + k];
                }
                factor[row + j] = i == j ? Math.Sqrt(Math.Max(value, 1e-12)) : value / factor[other + j];
            }
            for (var k = 0; k < i; k++)
            {
                sum -= factor[row + k] * answer[k];
            }
            answer[i] = sum / factor[row + i];
        }
        for (var i = count - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < count; k++)
            {
                answer[i] -= factor[(k * (k + 1) / 2) + i] * answer[k];
            }
            answer[i] /= factor[(i * (i + 1) / 2) + i];
            _solution[i] = answer[i] * unit[i];
        }
    }
}
