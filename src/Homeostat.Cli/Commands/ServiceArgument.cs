using System.CommandLine;
using System.Globalization;

namespace Homeostat.Cli.Commands;

/// <summary>Arguments several verbs share.</summary>
internal static class ServiceArgument
{
    public static Argument<string> One() => Checked(new Argument<string>("service") { Description = "Name of the service" });

    public static Argument<string?> Optional() => Checked(new Argument<string?>("service") { Description = "Only of this service", Arity = ArgumentArity.ZeroOrOne });

    public static Argument<string[]> Many() => Checked(new Argument<string[]>("service") { Description = "Names of services", Arity = ArgumentArity.OneOrMore });

    /// <summary>A number of lines or the like.</summary>
    public static Option<int> Count(string name, string alias, string what, int standard, int most)
    {
        var option = new Option<int>(name, alias)
        {
            Description = $"{what} (default {standard})",
            HelpName = "COUNT",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= most)
                {
                    return count;
                }
                result.AddError($"{name} is {result.Tokens[0].Value}; it must be a whole number 0..{most}");
                return standard;
            },
        };
        return option;
    }

    /// <summary>No name of a service begins with a dash: that was meant as an option.</summary>
    private static T Checked<T>(T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
            {
                result.AddError($"Unrecognized option '{option.Value}'");
            }
        });
        return argument;
    }

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
