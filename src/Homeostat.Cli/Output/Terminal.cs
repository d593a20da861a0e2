using Microsoft.Win32.SafeHandles;

namespace Homeostat.Cli.Output;

/// <summary>Where a command writes: plain to pipes and files, with colours and as wide as the screen to terminals (unless NO_COLOR says otherwise).</summary>
internal sealed class Terminal
{
    private const int WidthMin = 40;
    private const int WidthUsual = 80;

    public required TextWriter Out { get; init; }

    public required TextWriter Err { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Columns of the screen; null: not a screen, lines may be as long as they are.</summary>
    public int? Width { get; init; }

    /// <summary>The same of <see cref="Err"/>.</summary>
    public int? ErrWidth { get; init; }

    /// <summary>For sentences, which are wrapped in pipes too.</summary>
    public int TextWidth => Width ?? WidthUsual;

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
            Out = new StreamWriter(isOut ? Screen(1) : Console.OpenStandardOutput(), leaveOpen: true) { AutoFlush = true },
            Err = new StreamWriter(isErr ? Screen(2) : Console.OpenStandardError(), leaveOpen: true) { AutoFlush = true },
            // Not Console.In, for the reason below.
            In = new StreamReader(Console.OpenStandardInput(), leaveOpen: true),
            Width = isOut ? Math.Max(WidthMin, ScreenWidth.Of(1) ?? WidthUsual) : null,
            ErrWidth = isErr ? Math.Max(WidthMin, ScreenWidth.Of(2) ?? WidthUsual) : null,
            OutColors = isOut && colors,
            ErrColors = isErr && colors,
            ShowsProgress = isErr && colors,
        };
    }

    /// <summary>
    /// The descriptor itself: the runtime's own stream takes a terminal over with its first write and sends it control sequences (key pad mode), which a command
    /// that only writes lines must not. Files keep the runtime's stream: stdout and stderr may share their position in one.
    /// </summary>
    private static FileStream Screen(int descriptor) => new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    public string OutPaint(string text, Paint paint) => OutColors ? paint.Apply(text) : text;

    public string ErrPaint(string text, Paint paint) => ErrColors ? paint.Apply(text) : text;

    /// <summary>What happened, and on the next line what to do.</summary>
    public void Error(string message, string? remedy)
    {
        const string Mark = "error:";
        Err.WriteLine(ErrPaint(Mark, Paint.Red) + Human.Wrap($"{Mark} {ErrShown(message)}", ErrWidth, "", "  ")[Mark.Length..]);
        if (remedy is not null)
        {
            Err.WriteLine(Human.Wrap(ErrShown(remedy), ErrWidth, "  "));
        }
    }

    /// <summary>Text that others wrote, harmless to a screen; to a pipe as it is.</summary>
    public string Shown(string text) => Width is null ? text : Human.Visible(text);

    public string ErrShown(string text) => ErrWidth is null ? text : Human.Visible(text);
}
