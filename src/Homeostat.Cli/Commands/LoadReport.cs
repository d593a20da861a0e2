using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary>What was measured and foreseen of a service, in a few lines.</summary>
internal static class LoadReport
{
    public static void Show(LoadInfo load, Action<string, string> line)
    {
        if (load.ServiceSeconds is { } takes)
        {
            line("load", $"a request takes {Human.Took(takes)}, at most {load.Peak} at one time lately");
        }
        string?[] starts =
        [
            load.ThawSeconds is { } thaw ? $"thaw {Human.Took(thaw)}" : null,
            load.RestoreSeconds is { } restore ? $"restore {Human.Took(restore)}" : null,
            load.ColdSeconds is { } cold ? $"cold {Human.Took(cold)}" : null,
        ];
        if (starts.Any(s => s is not null))
        {
            line("starts", string.Join(", ", starts.OfType<string>()));
        }
        if (load is { FreezeSeconds: { } freeze, ImageSeconds: { } image })
        {
            line("learned", $"freeze after {Human.Took(freeze)}, image after {Human.Took(image)}");
        }
        if (load.Forecast is { } forecast)
        {
            line("foreseen", $"{forecast.Point:0.#} at one time, at most {forecast.Quantile:0.#} nine times in ten ({forecast.Model}{(forecast.PeriodSeconds is { } period ? $", period {Human.Took(period)}" : "")})");
            line("", $"{(forecast.Raises ? "may add" : "watched only")}; would waste {Human.Took(forecast.WastedSeconds)} of instances beside {Human.Took(forecast.UsedSeconds)} used");
        }
    }
}
