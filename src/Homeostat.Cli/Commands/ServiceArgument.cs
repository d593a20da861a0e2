using System.CommandLine;

namespace Homeostat.Cli.Commands;

/// <summary>Arguments several verbs share.</summary>
internal static class ServiceArgument
{
    public static Argument<string> One() => new("service") { Description = "Name of the service" };

    public static Option<TimeSpan?> Timeout(string what) => new("--timeout")
    {
        Description = $"{what} (default 60s)",
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (Core.Services.Quantities.TryParseDuration(result.Tokens[0].Value, out var time) && time > TimeSpan.Zero)
            {
                return time;
            }
            result.AddError($"--timeout is {result.Tokens[0].Value}; it must be a duration like 500ms, 90s or 5m");
            return null;
        },
    };
}
