using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary>What wake, sleep and freeze say when they are done.</summary>
internal static class TierReport
{
    public static void Show(Terminal terminal, ActionResult result, bool json)
    {
        if (json)
        {
            JsonOutput.Write(terminal, result);
            return;
        }
        terminal.Out.WriteLine($"{result.Service} is {terminal.OutPaint(result.Tier, Paint.OfTier(result.Tier))} ({Human.Took(result.Seconds)})");
    }
}
