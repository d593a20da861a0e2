namespace Homeostat.Client.Wire;

/// <summary>What was measured of a service's load, and what is foreseen.</summary>
/// <param name="ServiceSeconds">How long a request holds its slot, recent mean; null: none was served.</param>
/// <param name="ThawSeconds">Median of the last thaws; null: none yet.</param>
/// <param name="RestoreSeconds">Of the last restores and clones.</param>
/// <param name="ColdSeconds">Of the last cold starts.</param>
/// <param name="Peak">Most requests at one time within the scale-in window.</param>
/// <param name="FreezeSeconds">Idle time learned from its pauses; null: the declared one holds.</param>
/// <param name="ImageSeconds">Likewise.</param>
/// <param name="Forecast">Null: no forecast yet, or predict.mode is off.</param>
public sealed record LoadInfo(
    double? ServiceSeconds,
    double? ThawSeconds,
    double? RestoreSeconds,
    double? ColdSeconds,
    int Peak,
    double? FreezeSeconds,
    double? ImageSeconds,
    ForecastInfo? Forecast);

/// <param name="Point">Requests expected at one time.</param>
/// <param name="Quantile">What is exceeded once in ten times.</param>
/// <param name="PeriodSeconds">After which demand repeats; null: none found.</param>
/// <param name="Raises">Whether it may add instances now.</param>
/// <param name="UsedSeconds">Instance-seconds the demand needed, over about three hours.</param>
/// <param name="WastedSeconds">Instance-seconds the forecast would hold beyond that: its regret.</param>
/// <param name="UnforeseenMinutes">Minutes in which more came than was foreseen: the regret of not listening.</param>
/// <param name="RelativeError">Its absolute error in terms of the last value's; null: neither made one.</param>
public sealed record ForecastInfo(
    string Model,
    double Point,
    double Quantile,
    DateTimeOffset Until,
    double? PeriodSeconds,
    bool Raises,
    double UsedSeconds,
    double WastedSeconds,
    double UnforeseenMinutes,
    double? RelativeError);
