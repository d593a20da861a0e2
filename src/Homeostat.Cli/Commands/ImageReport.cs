using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary>What is known about the process images of a revision, for people.</summary>
internal static class ImageReport
{
    public static void ShowFindings(Terminal terminal, ImageInfo images)
    {
        terminal.Out.WriteLine($"  clones    {(images.ClonesAllowed ? "allowed" : "not allowed")}");
        if (images.Reason is { } reason)
        {
            terminal.Out.WriteLine(Human.Wrap(reason, terminal.Width, "  "));
        }
        if (images.Remedy is { } remedy)
        {
            terminal.Out.WriteLine(Human.Wrap(remedy, terminal.Width, "  -> "));
        }
        foreach (var finding in images.Findings)
        {
            terminal.Out.WriteLine(Human.Wrap(finding, terminal.Width, "  - "));
        }
    }
}
