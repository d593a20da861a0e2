namespace Homeostat.Client.Wire;

/// <summary>What <c>homeostat forecast -o json</c> says: how predictable a trace is, by which model.</summary>
/// <param name="Points">Counts in the trace.</param>
/// <param name="Period">Steps after which demand repeats, as found by <c>auto</c>; null: none found.</param>
/// <param name="PeriodSeconds">The same as time; null where the trace does not say how long a step is.</param>
/// <param name="StepSeconds">Length of a step; null: unknown.</param>
/// <param name="Filled">Counts that were missing and were filled.</param>
/// <param name="Scored">Points that were walked through: the newest ones of a long trace.</param>
/// <param name="FirstOrigin">Index among those of the first scored forecast.</param>
public sealed record ForecastReport(
    string Trace,
    int Points,
    int? Period,
    double? PeriodSeconds,
    double? StepSeconds,
    int Filled,
    int Scored,
    int FirstOrigin,
    IReadOnlyList<ForecastHorizonReport> Horizons);

/// <param name="Chosen">The expert of <c>auto</c> that was best of late at the most origins.</param>
/// <param name="Origins">Forecasts scored.</param>
/// <param name="Mae">Mean absolute error of the last value, in the unit of the trace.</param>
/// <param name="Pinball">Pinball loss at 0.9 of the plain last value.</param>
public sealed record ForecastHorizonReport(int Steps, string? Chosen, int Origins, double Mae, double Pinball, IReadOnlyList<ForecastModelReport> Models);

/// <param name="MaeRelative">Mean absolute error in parts of the last value's: below 1 is better.</param>
/// <param name="PinballRelative">Pinball loss at 0.9 in parts of the plain last value's (without margin).</param>
/// <param name="PinballCalibrated">The same in parts of the last value's with a margin from its own errors.</param>
/// <param name="Exceeded">Share of values above the quantile: 0.1 would be right.</param>
public sealed record ForecastModelReport(string Model, double MaeRelative, double PinballRelative, double PinballCalibrated, double Exceeded);
