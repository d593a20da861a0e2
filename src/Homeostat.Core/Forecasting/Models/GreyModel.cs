namespace Homeostat.Core.Forecasting.Models;

/// <summary>Where the exponential of a grey model is anchored.</summary>
internal enum GreyAnchor
{
    /// <summary>At the first value, x1(1) = x0(1): Deng's.</summary>
    First,

    /// <summary>At the newest accumulated value, x1(n): the new information comes first.</summary>
    Newest,
}

/// <summary>
/// GM(1,1), the grey model of first order in one variable, fitted to a window of values. Source: Deng Julong, Control problems of grey systems, Systems and Control
/// Letters 1(5), 1982; used by Elastic-Docker (Future Internet 9(4) 87, 2017) for the number of containers.
/// </summary>
/// <remarks>
/// <para>The values x0 are accumulated, x1(k) = x0(1) + ... + x0(k), with the background z1(k) = (x1(k) + x1(k-1)) / 2. Least squares over k = 2..n of x0(k) + a z1(k) = b
/// gives the development coefficient a and the grey input b. The whitened equation dx1/dt + a x1 = b is solved from the anchor and differenced:
/// x0(n+h) = (1 - e^a)(x0(1) - b/a) e^(-a(n+h-1)), or (x1(n) - b/a)(e^(-ah) - e^(-a(h-1))). It is one exponential: no level, no season, no turn.</para>
/// <para>Written as (b - a x) (e^a - 1)/a ..., both hold at a = 0 too, where (e^a - 1)/a is 1: the forecast is b. Where all z1 are the same (all values but the first are
/// zero) the determinant is zero and there is no model: <see cref="Fit"/> answers null and callers take the last value.</para>
/// <para>Worked example: 1, 2, 3, 4, 5, 6 gives a = -0.2446, b = 1.7982, forecasts 7.8647, 10.0446 (GreyModelTests).</para>
/// </remarks>
internal sealed record GreyModel(double A, double B, double First, double Total, int Count)
{
    /// <summary>Fewest values: below 4 the two coefficients go through all points.</summary>
    public const int CountMin = 4;

    /// <param name="values">At least <see cref="CountMin"/>, equally spaced, not negative, oldest first.</param>
    /// <returns>Null where the equations are singular.</returns>
    public static GreyModel? Fit(ReadOnlySpan<double> values)
    {
        if (values.Length < CountMin)
        {
            throw new ArgumentException($"a grey model needs {CountMin} values", nameof(values));
        }
        var (rows, meanZ, meanX, total) = (values.Length - 1, 0.0, 0.0, values[0]);
        for (var k = 1; k < values.Length; k++)
        {
            meanZ += (total + (values[k] / 2)) / rows;
            meanX += values[k] / rows;
            total += values[k];
        }
        // Centred sums: the determinant of the raw ones loses all its digits where values are large and alike.
        var (zz, zx, x1) = (0.0, 0.0, values[0]);
        for (var k = 1; k < values.Length; k++)
        {
            var z = x1 + (values[k] / 2) - meanZ;
            zz += z * z;
            zx += z * (values[k] - meanX);
            x1 += values[k];
        }
        if (!(zz > 1e-18 * meanZ * meanZ))
        {
            return null;
        }
        var a = -zx / zz;
        return new GreyModel(a, meanX + (a * meanZ), values[0], total, values.Length);
    }

    /// <param name="steps">1 is the step after the last value of the window; 1 - n is its first value.</param>
    /// <returns>May overflow to infinity on a steep rise far ahead.</returns>
    public double Forecast(int steps, GreyAnchor anchor = GreyAnchor.First)
    {
        var perStep = A == 0 ? 1 : Expm1(A) / A;
        return anchor == GreyAnchor.First
            ? (B - (A * First)) * perStep * Math.Exp(-A * (Count + steps - 1))
            : (B - (A * Total)) * perStep * Math.Exp(-A * steps);
    }

    /// <summary>
    /// Whether grey modelling is held to be admissible: every ratio x0(k-1)/x0(k) within (e^(-2/(n+1)), e^(2/(n+1))). Zeros fail. On noisy counts nearly every window fails.
    /// </summary>
    public static bool PassesLevelRatio(ReadOnlySpan<double> values)
    {
        var bound = Math.Exp(2.0 / (values.Length + 1));
        for (var k = 1; k < values.Length; k++)
        {
            var ratio = values[k - 1] / values[k];
            if (!(ratio > 1 / bound && ratio < bound))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>How well the model fits the window it was made from (anchored at the first value).</summary>
    public GreyAccuracy Accuracy(ReadOnlySpan<double> values)
    {
        var errors = new double[values.Length];
        for (var k = 1; k < values.Length; k++)
        {
            errors[k] = values[k] - Forecast(k + 1 - Count);
        }
        var (spreadOfData, spreadOfErrors, mean) = (Spread(values), Spread(errors), errors.Average());
        var within = errors.Count(e => Math.Abs(e - mean) < 0.6745 * spreadOfData);
        return new GreyAccuracy(spreadOfErrors / spreadOfData, (double)within / values.Length);
    }

    private static double Spread(ReadOnlySpan<double> values)
    {
        var (mean, squares) = (0.0, 0.0);
        foreach (var value in values)
        {
            mean += value / values.Length;
        }
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }
        return Math.Sqrt(squares / values.Length);
    }

    /// <summary>e^x - 1 without the loss of digits near 0 (the library has none).</summary>
    private static double Expm1(double x)
    {
        if (Math.Abs(x) > 1e-2)
        {
            return Math.Exp(x) - 1;
        }
        return x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5 * (1 + (x / 6))))))))));
    }
}

/// <summary>The posterior error test of a grey model.</summary>
/// <param name="C">Standard deviation of the errors over that of the data; NaN where the data do not vary.</param>
/// <param name="P">Share of errors within 0.6745 standard deviations of the data around their mean.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct GreyAccuracy(double C, double P)
{
    /// <summary>1 good (C &lt; 0.35, P &gt; 0.95), 2 qualified (0.5, 0.8), 3 weak (0.65, 0.7), 4 unqualified; a window that does not vary and is met exactly is 1.</summary>
    public int Grade => this switch
    {
        { C: double.NaN } => 1,
        { C: < 0.35, P: > 0.95 } => 1,
        { C: < 0.5, P: > 0.8 } => 2,
        { C: < 0.65, P: > 0.7 } => 3,
        _ => 4,
    };
}
