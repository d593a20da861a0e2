namespace Homeostat.Cli.Output;

/// <summary>Where a command writes: plain to pipes and files, with colours and as wide as the screen to terminals (unless NO_COLOR says otherwise).</summary>
internal sealed class Terminal
{
    private const int WidthMin = 40;

    public required TextWriter Out { get; init; }

    public required TextWriter Err { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Columns of the screen; null: not a screen, lines may be as long as they are.</summary>
    public int? Width { get; init; }

    public bool OutColors { get; init; }

    public bool ErrColors { get; init; }

    /// <summary>Stderr is a screen that shows progress.</summary>
    public bool ShowsProgress { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static Terminal OfProcess()
    {
        var colors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
        var (isOut, isErr) = (!Console.IsOutputRedirected, !Console.IsErrorRedirected);
        return new Terminal
        {
            Out = new StreamWriter(Console.OpenStandardOutput(), leaveOpen: true) { AutoFlush = true },
            Err = new StreamWriter(Console.OpenStandardError(), leaveOpen: true) { AutoFlush = true },
            In = Console.In,
            Width = isOut ? Math.Max(WidthMin, SafeWidth()) : null,
            OutColors = isOut && colors,
            ErrColors = isErr && colors,
            ShowsProgress = isErr && colors,
        };
    }

    public string OutPaint(string text, Paint paint) => OutColors ? paint.Apply(text) : text;

    public string ErrPaint(string text, Paint paint) => ErrColors ? paint.Apply(text) : text;

    /// <summary>What happened, and on the next line what to do.</summary>
    public void Error(string message, string? remedy)
    {
        Err.WriteLine($"{ErrPaint("error:", Paint.Red)} {message}");
        if (remedy is not null)
        {
            Err.WriteLine($"  {remedy}");
        }
    }

    private static int SafeWidth()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            // A terminal that does not know its size.
            return 80;
        }
    }
}
