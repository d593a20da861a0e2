using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary>What is known about the process images of a revision, for people.</summary>
internal static class ImageReport
{
    /// <summary>What there is, in a clause: a template to clone, or only the proof that instances can sleep as images.</summary>
    public static string Summary(ImageInfo images) => images.ClonesAllowed
        ? $"process image {Human.Size(images.TemplateBytes)}, new instances are cloned from it"
        : "instances can sleep as process images; new ones start cold";

    public static void ShowFindings(Terminal terminal, ImageInfo images)
    {
        terminal.Out.WriteLine($"  clones    {(images.ClonesAllowed ? "allowed" : "not allowed")}");
        if (images.Reason is { } reason)
        {
            terminal.Out.WriteLine(Human.Wrap(terminal.Shown(reason), terminal.Width, "  "));
        }
        if (images.Remedy is { } remedy)
        {
            terminal.Out.WriteLine(Human.Wrap(remedy, terminal.Width, "  -> ", "     "));
        }
        foreach (var finding in images.Findings)
        {
            terminal.Out.WriteLine(Human.Wrap(terminal.Shown(finding), terminal.Width, "  - ", "    "));
        }
    }
}
